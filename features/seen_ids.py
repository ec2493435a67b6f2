"""The ids of transactions that one partition has seen in a window of time, to find those that come again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features import seen_kernels as kernels
from features.bodies import body_hashes
from features.columns import Columns
from features.hashing import hash_strings
from features.profiles import StaleStage
from features.row_moves import longer
from features.seen_kernels import Bodies, Numbers, Times, Verdicts, Words

GENERATIONS = 32
_FEWEST = 1024  # places in the ring at first
_ENTRIES_PER_ID = 2  # the table is at most half full, so a probe takes one or two steps


@dataclass(frozen=True, slots=True)
class Extent:
    """Which ids are known, and since when.

    Attributes:
        begin: sequence number of the oldest known id; `end`: the number of the next new one.
        clock: newest arrival, seconds since 1970.
        starts: first sequence number of each generation, int64 (g,), oldest first; ids are forgotten a
            generation at a time.
        since: arrival of the first id of each generation, float64 (g,).
    """

    begin: int
    end: int
    clock: float
    starts: Numbers
    since: Times

    @classmethod
    def nothing(cls) -> Extent:
        """Return the extent of no ids."""
        return cls(0, 0, 0.0, np.empty(0, np.int64), np.empty(0, np.float64))


@dataclass(frozen=True, slots=True)
class StagedIds:
    """What a batch adds, not yet published.

    Attributes:
        verdict: `NEW`, `REPEAT` or `OTHER_BODY` of `features.seen_kernels` for each transaction, int8 (n,).
        hashes: of the new ids, uint64 (k,); `bodies`: of their bodies, uint32 (k,).
        extent: what is known afterwards.
        early: ids that are forgotten before their window ends, for want of room.
    """

    verdict: Verdicts
    hashes: Words
    bodies: Bodies
    extent: Extent
    early: int


class SeenIds:
    """Hashes of ids, each known for the window after its first arrival, and up to 1/32 of the window more.

    Time is the arrival of the records, so the verdicts depend on the log alone: in which batches it is read
    changes nothing. One batch is processed at a time, as in `features.profiles.Profiles`. An id takes 28 to
    56 bytes.

    Args:
        window_s: seconds, over 0.
        most: number of ids, 1 or more; beyond it the oldest generation is forgotten early.
    """

    def __init__(self, window_s: float, most: int) -> None:
        self._slice_s = window_s / GENERATIONS
        self._kept_s = window_s + self._slice_s
        self._most = most
        self._most_in_one = -(-most // GENERATIONS)
        self._make_table(_FEWEST)
        self._under_way: StagedIds | None = None
        self.extent = Extent.nothing()

    def __len__(self) -> int:
        return self.extent.end - self.extent.begin

    @property
    def nbytes(self) -> int:
        """Bytes of memory, used or reserved."""
        return self._entries.nbytes + self._ring.nbytes + self._bodies.nbytes

    def stage(self, columns: Columns, arrival: Times) -> StagedIds:
        """Judge n transactions in their order; nothing that is published changes.

        Args:
            columns: the transactions.
            arrival: when each reached the broker, float64 (n,), seconds since 1970.

        Returns:
            The verdicts, and what `publish` will add.
        """
        hashes, bodies = hash_strings(columns.id), body_hashes(columns)
        n, known = len(hashes), self.extent
        sequence, known_bodies = np.empty(n, np.int64), np.empty(n, np.uint32)
        kernels.find(self._entries, self._ring, self._bodies, known.begin, hashes, sequence, known_bodies)
        generations = len(known.starts)
        starts, since = longer(known.starts, generations + n), longer(known.since, generations + n)
        verdict = np.empty(n, np.int8)
        oldest, generations, begin, end, clock, early = kernels.judge(
            hashes, bodies, arrival, sequence, known_bodies,
            starts, since, generations, known.begin, known.end, known.clock,
            self._slice_s, self._kept_s, self._most, self._most_in_one, verdict,
        )  # fmt: skip
        left = slice(oldest, generations)
        extent = Extent(begin, end, clock, starts[left].copy(), since[left].copy())
        if end - known.end < n:
            new = verdict == kernels.NEW
            hashes, bodies = hashes[new], bodies[new]
        self._under_way = StagedIds(verdict, hashes, bodies, extent, early)
        return self._under_way

    def publish(self, staged: StagedIds) -> None:
        """Make the new ids known, and forget those whose time is over.

        Raises:
            StaleStage: it is not the newest stage, or was published before.
        """
        if staged is not self._under_way:
            raise StaleStage("only the newest stage can be published, once; stage the batch again")
        self._under_way = None
        before, after = self.extent, staged.extent
        if after.begin > before.begin:
            kernels.remove(self._entries, self._ring, before.begin, min(after.begin, before.end))
        self.extent = after
        kept = max(after.begin, before.end)
        if after.end - after.begin > len(self._ring):
            self._grow(kept)
        known = kept - before.end
        self._insert(kept, staged.hashes[known:], staged.bodies[known:])

    def discard(self, staged: StagedIds) -> None:
        """Forget a stage whose commit failed; it can never be published."""
        if staged is self._under_way:
            self._under_way = None

    def ids(self, first: int, end: int) -> tuple[Words, Bodies]:
        """Return copies of the hashes of known ids, by sequence number, and of their bodies."""
        places = np.arange(first, end) & (len(self._ring) - 1)
        return self._ring[places], self._bodies[places]

    def restore(self, extent: Extent, hashes: Words, bodies: Bodies) -> None:
        """Replace everything.

        Args:
            extent: what is known.
            hashes: of the ids from `extent.begin` to `extent.end`, uint64 (k,).
            bodies: of their bodies, uint32 (k,).

        Raises:
            ValueError: the number of ids is not that of the extent.
        """
        if not len(hashes) == len(bodies) == extent.end - extent.begin:
            raise ValueError(f"{len(hashes)} ids and {len(bodies)} bodies for {extent.end - extent.begin}")
        self._make_table(_places(_FEWEST, len(hashes)))
        self._under_way = None
        self.extent = extent
        self._insert(extent.begin, hashes, bodies)

    def _make_table(self, places: int) -> None:
        self._ring = np.zeros(places, np.uint64)
        self._bodies = np.zeros(places, np.uint32)
        self._entries = np.zeros(places * _ENTRIES_PER_ID, np.uint64)

    def _insert(self, first: int, hashes: Words, bodies: Bodies) -> None:
        kernels.insert(self._entries, self._ring, self._bodies, first, hashes, bodies)

    def _grow(self, end: int) -> None:
        """Make room for all of the extent; the ids before `end` are in the table already."""
        begin = self.extent.begin
        hashes, bodies = self.ids(begin, end)
        self._make_table(_places(len(self._ring), len(self)))
        self._insert(begin, hashes, bodies)


def _places(places: int, ids: int) -> int:
    while places < ids:
        places *= 2
    return places
