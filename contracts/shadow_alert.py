"""The `shadow-alerts` topic: what a detector or base on trial would have alerted."""

import msgspec

VERSION = 1


class ShadowAlert(msgspec.Struct, frozen=True):
    """One transaction over the threshold of a scorer on trial; it decides nothing.

    Attributes:
        partition: partition of `transactions`.
        offset: offset in that partition.
        event_time: seconds since 1970-01-01 UTC.
        shadow: id of the detector or base on trial.
        surprise: by the scorer on trial alone.
        alerted: whether the live scorers did not approve the transaction.
    """

    transaction_id: str
    partition: int
    offset: int
    event_time: float
    amount: float
    shadow: str
    episode: str
    surprise: float
    alerted: bool
    control_offset: int
    version: int = VERSION
