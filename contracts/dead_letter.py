"""The `dead-letters` topic: records that cannot be scored, with the reason."""

import msgspec

VERSION = 1


class DeadLetter(msgspec.Struct, frozen=True, omit_defaults=True):
    """One record that was not scored.

    Attributes:
        reason: name of the broken rule; `detail` names the field.
        size: bytes of the record's value.
        time: when it was rejected, seconds since 1970-01-01 UTC.
        value: first bytes of the value in base64; absent where they may hold a card number.
    """

    topic: str
    partition: int
    offset: int
    reason: str
    detail: str
    size: int
    time: float
    value: str | None = None
    version: int = VERSION
