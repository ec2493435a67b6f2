"""Save the ids that a partition has seen, and load them."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from features.seen_ids import Extent, SeenIds
from stream.checkpoint.id_chunk import MOST_IN_CHUNK, IdChunk, decode, encode, key_of

# A chunk with fewer ids is written again at the next checkpoint, so that two million ids are 500 records.
FULL: Final = 4_096

Record = tuple[bytes, bytes | None]


class IdCheckpoint:
    """The ids of one partition in its checkpoint topic.

    Ids have sequence numbers without gaps, and a chunk holds those from its first one on. A later chunk
    replaces what earlier ones hold from that number on. Chunks count only if the marker after them is there
    and includes their position: without transactions, a crash can leave chunks without a marker, and their
    transactions are processed again, which would then seem repeated.

    Args:
        ids: what is saved and loaded.
    """

    def __init__(self, ids: SeenIds) -> None:
        self._ids = ids
        self._chunks: dict[int, int] = {}  # stored chunks: first sequence number, and number after the last
        self._open = 0  # first number of the chunk that is still filled
        self._saved = Extent.nothing()
        self._handed_out: tuple[dict[int, int], int, Extent] | None = None
        self._unmarked: list[IdChunk] = []
        self._parts: list[IdChunk] = []

    def records(self, position: int) -> Sequence[Record]:
        """Return the records that save what changed since the last checkpoint, with input up to `position`.

        1. Tombstones of chunks that are forgotten. 2. The chunk that is still filled, and those after it.
        """
        extent, saved = self._ids.extent, self._saved
        self._handed_out = None
        if (extent.end, extent.begin, extent.clock) == (saved.end, saved.begin, saved.clock):
            return []
        first = max(self._open, extent.begin)
        gone = [
            at for at, end in self._chunks.items() if at < first and (end <= extent.begin or at >= self._open)
        ]
        firsts = range(first, max(extent.end, first + 1), MOST_IN_CHUNK)
        pieces = {at: min(at + MOST_IN_CHUNK, extent.end) for at in firsts}
        kept = {at: end for at, end in self._chunks.items() if at not in set(gone)}
        self._handed_out = {**kept, **pieces}, _still_filled(*list(pieces.items())[-1]), extent
        chunks = [IdChunk(position, at, *self._ids.ids(at, end), extent) for at, end in pieces.items()]
        return [*((key_of(at), None) for at in gone), *((key_of(one.first), encode(one)) for one in chunks)]

    def written(self) -> None:
        """Note that the records of the last `records` call are committed."""
        if self._handed_out is not None:
            self._chunks, self._open, self._saved = self._handed_out
            self._handed_out = None

    def read(self, value: bytes) -> None:
        """Read a chunk; it counts once `settle` has seen a marker.

        Raises:
            ForeignBatch: it is not a chunk, or an impossible one.
        """
        chunk = decode(value)
        self._chunks[chunk.first] = chunk.end
        self._unmarked.append(chunk)

    def settle(self, position: int) -> None:
        """Take the chunks before a marker, whose rows include the input up to `position`."""
        for chunk in self._unmarked:
            if chunk.position > position:
                continue
            while self._parts and self._parts[-1].first >= chunk.first:
                self._parts.pop()
            if self._parts and self._parts[-1].end < chunk.first:
                self._parts.clear()  # a chunk is lost, so nothing shows which ids lie between
            self._parts.append(chunk)
        self._unmarked = []

    def restore(self) -> None:
        """Load what the settled chunks hold."""
        parts, self._parts, self._unmarked = self._parts, [], []
        if not parts:
            return
        extent = _from(parts[-1].extent, parts[0].first)
        ends = [*(part.first for part in parts[1:]), extent.end]
        hashes, bodies = (
            np.concatenate(
                [getattr(part, name)[: end - part.first] for part, end in zip(parts, ends, strict=True)]
            )[extent.begin - parts[0].first :]
            for name in ("hashes", "bodies")
        )
        self._ids.restore(extent, hashes, bodies)
        self._open, self._saved = _still_filled(parts[-1].first, extent.end), extent


def _still_filled(first: int, end: int) -> int:
    """Return where the next checkpoint begins, after a chunk from `first` to `end`."""
    return first if end - first < FULL else end


def _from(extent: Extent, first: int) -> Extent:
    """Return the extent without the ids before `first`."""
    if extent.begin >= first:
        return extent
    kept = max(0, int(np.searchsorted(extent.starts, first, "right")) - 1)
    starts = extent.starts[kept:].copy()
    starts[:1] = first
    return Extent(first, extent.end, extent.clock, starts, extent.since[kept:])
