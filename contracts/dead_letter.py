"""The `dead-letters` topic: records that cannot be scored, with the reason."""

from typing import Final

import msgspec

VERSION = 1

POISON: Final = "poison"
"""A well-formed transaction whose processing fails."""
FOREIGN: Final = "foreign"
"""A record on an internal topic that no stage with these settings has written."""
FORGED: Final = "forged"
"""A record on an internal topic without a valid seal."""
TOO_LARGE_UNPACKED: Final = "too_large_unpacked"
"""A compressed batch of records that is larger than the limit after decompression."""
UNREADABLE: Final = "unreadable"
"""A batch of records that cannot be decompressed, or whose records do not fit it."""
DELETED_UNREAD: Final = "deleted_unread"
"""Offsets that the broker deleted before they were read; `records` counts offsets."""
REUSED_ID: Final = "reused_id"
"""A transaction whose id another transaction had before, within the window for repeats."""

REASONS: Final = (POISON, FOREIGN, FORGED, TOO_LARGE_UNPACKED, UNREADABLE, DELETED_UNREAD, REUSED_ID)
"""Reasons other than those of `features.rejects.RejectReason`."""


class DeadLetter(msgspec.Struct, frozen=True, omit_defaults=True):
    """One record that was not scored, or several of one fetch with the same reason.

    Attributes:
        offset: of the record; of several, the first.
        reason: name of the broken rule; `detail` names the field.
        size: bytes of the record's value; of several, the bytes that the broker stores for them.
        time: when it was rejected, seconds since 1970-01-01 UTC.
        value: first bytes of the value in base64, with card data masked; absent unless the setting
            `topics.dead_letters_keep_bytes` is on, and where they may hold a card number.
        last_offset: of several records, the offset of the last.
        records: number of records.
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
    last_offset: int | None = None
    records: int = 1
