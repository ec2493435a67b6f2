"""The `control-acks` topic: which partitions score under which control offset."""

import msgspec

VERSION = 1


class Acknowledgement(msgspec.Struct, frozen=True):
    """A worker scores these partitions under the snapshot of `offset`.

    Attributes:
        worker: name of the worker.
        offset: control offset.
        time: when it was acknowledged, seconds since 1970-01-01 UTC, by the worker's clock.
    """

    worker: str
    partitions: tuple[int, ...]
    offset: int
    time: float
    version: int = VERSION
