"""Write the changed profiles of one partition."""

import hashlib
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.metrics import scorer as metrics
from features.byte_strings import ByteStrings
from features.profile_row import PROFILE_ROW, ROW_BEFORE_LINKS
from features.profiles import ChangedRows
from stream.checkpoint.id_checkpoint import IdCheckpoint
from stream.partition.stage import Output
from stream.wire.writer import EncodedBatch, nulls

# No entity has an empty key, so the marker's key differs from all of theirs.
_GOLDEN: Final = 0.618034  # multiples of the golden ratio, modulo 1, lie as far apart as they can
MARKER_KEY: Final = b""
# A quarter of the default limit of a batch; 12,000 rows.
MOST_BATCH_BYTES: Final = 4 << 20
LAYOUT, LAYOUT_BEFORE_LINKS = (
    hashlib.sha256(repr(row.descr).encode()).hexdigest()[:16] for row in (PROFILE_ROW, ROW_BEFORE_LINKS)
)


class Marker(msgspec.Struct, frozen=True):
    """The state that the rows before it describe.

    Attributes:
        offset: the rows include the input up to this offset.
        layout: fingerprint of the row layout. Rows without `cells`, of earlier releases, are read too; rows
            of any other layout are not.
    """

    offset: int
    layout: str = LAYOUT


class CheckpointedState(Protocol):
    """What a checkpoint saves; `features.profiles.Profiles` is one."""

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""

    def expire(self) -> ByteStrings:
        """Forget idle entities; return their keys."""

    def changed_since_checkpoint(self) -> ChangedRows:
        """Return the rows that changed since `mark_checkpointed`."""

    def mark_checkpointed(self, changed: ChangedRows) -> None:
        """Note that these rows are saved."""


class Checkpoint:
    """The checkpoint of one partition of one entity.

    Args:
        topic: compacted topic; its partition number is that of the input.
        interval_s: how often a checkpoint is due, in seconds; bounds the replay after a crash.
    """

    def __init__(
        self, topic: str, partition: int, interval_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._topic = topic
        self._partition = partition
        self._interval_s = interval_s
        self._clock = clock
        # Checkpoints take turns: all at once would hold up a commit with megabytes of rows.
        self._last = clock() - interval_s * _turn(topic, partition)
        self._handed_out: ChangedRows | None = None

    def due(self) -> bool:
        return self.age_s >= self._interval_s

    @property
    def age_s(self) -> float:
        """Seconds since the last checkpoint was committed."""
        return self._clock() - self._last

    def outputs(
        self, profiles: CheckpointedState, position: int, ids: IdCheckpoint | None = None
    ) -> Sequence[Output]:
        """Return the expired keys, the changed rows, the ids seen, and the marker with `position`.

        Nothing where nothing changed. All of them go into one transaction, so a reader of committed records
        sees all or none.

        Args:
            profiles: what is saved.
            position: offset up to which the input is part of it.
            ids: the ids seen, on the first stage.
        """
        expired = profiles.expire()
        self._handed_out = changed = profiles.changed_since_checkpoint()
        seen = ids.records(position) if ids is not None else []
        if not len(changed.keys) and not len(expired) and not seen:
            return []
        keys, values = zip(*seen, (MARKER_KEY, msgspec.json.encode(Marker(position))), strict=True)
        parts = [
            (expired, nulls(len(expired))),
            (changed.keys, as_byte_strings(changed.rows)),
            (ByteStrings.from_list(keys), ByteStrings.from_list(values)),
        ]
        return [one for part in parts for one in in_batches(self._topic, self._partition, *part)]

    def written(self, profiles: CheckpointedState, ids: IdCheckpoint | None = None) -> None:
        """Note that the outputs of the last `outputs` call are committed."""
        if ids is not None:
            ids.written()
        if self._handed_out is not None:
            profiles.mark_checkpointed(self._handed_out)
            metrics.CHECKPOINTS.labels(self._topic).inc()
            metrics.CHECKPOINT_ROWS.labels(self._topic).inc(len(self._handed_out.keys))
            metrics.CHECKPOINT_BYTES.labels(self._topic).inc(self._handed_out.rows.nbytes)
        metrics.CHECKPOINT_TIME.labels(self._topic, str(self._partition)).set(time.time())
        metrics.PROFILES_BYTES.labels(self._topic, str(self._partition)).set(profiles.nbytes)
        self._handed_out = None
        self._last = self._clock()


def in_batches(topic: str, partition: int, keys: ByteStrings, values: ByteStrings) -> Iterator[Output]:
    """Yield records in batches of bounded size: one over the topic's limit would never be stored.

    Args:
        topic: where they go.
        partition: where they go.
        keys: n keys.
        values: n values.
    """
    number = np.cumsum(keys.length + values.length) // MOST_BATCH_BYTES
    firsts = np.flatnonzero(np.diff(number, prepend=-1))
    for rows in np.split(np.arange(len(keys)), firsts)[1:]:
        yield Output(topic, partition, EncodedBatch(keys.take(rows), values.take(rows)))


def _turn(topic: str, partition: int) -> float:
    """Return a share of the interval, 0 to 1, that lies apart from those of other checkpoints."""
    return (zlib.crc32(topic.encode()) / 2**32 + partition * _GOLDEN) % 1.0


def as_byte_strings(rows: NDArray[np.void]) -> ByteStrings:
    """Return n structured rows as n byte strings, without copying."""
    end = np.arange(1, len(rows) + 1, dtype=np.int64) * rows.dtype.itemsize
    return ByteStrings(np.ascontiguousarray(rows).view(np.uint8).reshape(-1), end - rows.dtype.itemsize, end)


def as_rows(values: ByteStrings, layout: np.dtype[Any]) -> NDArray[np.void]:
    """Return byte strings as rows; each must have the size of the layout."""
    return values.gather().buffer.view(layout)
