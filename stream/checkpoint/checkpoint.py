"""Write the changed profiles of one partition."""

import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import numpy as np
from features.profiles import Profiles

from features.spans import ByteSpans
from stream.partition.output import Output
from stream.wire.writer import EncodedBatch

# No entity has an empty key, so the marker's key cannot meet one.
MARKER_KEY: Final = b""


class Marker(msgspec.Struct, frozen=True):
    """What the rows before it stand for.

    Attributes:
        offset: the input position up to which the rows have folded the log.
        layout: fingerprint of the row layout; rows of another layout are not read.
    """

    offset: int
    layout: str


class Checkpoint:
    """The checkpoint of one partition of one entity.

    Args:
        topic: compacted topic; its partition number is that of the input.
        interval_s: how often a checkpoint is due, in seconds; bounds the replay after a crash.
    """

    def __init__(
        self,
        topic: str,
        partition: int,
        profiles: Profiles,
        interval_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._topic = topic
        self._partition = partition
        self._profiles = profiles
        self._interval_s = interval_s
        self._clock = clock
        self._last = clock()

    def due(self) -> bool:
        return self._clock() - self._last >= self._interval_s

    @property
    def age_s(self) -> float:
        """Seconds since the last checkpoint was committed."""
        return self._clock() - self._last

    def outputs(self, position: int) -> Sequence[Output]:
        """The changed rows, then the marker that says they stand for `position`; empty if nothing changed.

        Both go into one transaction, so a reader of committed records sees all of it or nothing.
        """
        keys, rows = self._profiles.changed()
        if not len(keys):
            return []
        marker = ByteSpans.from_list([msgspec.json.encode(Marker(position, self._profiles.layout))])
        now_ms = int(time.time() * 1000)
        return [
            Output(self._topic, self._partition, EncodedBatch(keys, as_spans(rows), now_ms)),
            Output(
                self._topic, self._partition, EncodedBatch(ByteSpans.from_list([MARKER_KEY]), marker, now_ms)
            ),
        ]

    def written(self) -> None:
        """The outputs handed out last are committed."""
        self._profiles.mark_checkpointed()
        self._last = self._clock()


def as_spans(rows: np.ndarray) -> ByteSpans:
    """n structured rows as n byte strings, without copying."""
    width = rows.dtype.itemsize
    start = np.arange(len(rows), dtype=np.int64) * width
    return ByteSpans(rows.view(np.uint8).reshape(-1), start, start + width)
