"""Look up, insert and remove the ids of `features.seen_ids`, and judge the ids of a batch.

Each id has a sequence number, and its hashes are in a ring at that number modulo the ring's length. An entry
of the table is a uint64: the upper half of the id's hash, and its place in the ring plus one in the lower
half; 0 is empty. The upper half also chooses where probing begins, so that entries move without the ring.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.byte_strings import Index
from features.compiling import inlined, kernel, short_kernel

Words = npt.NDArray[np.uint64]
Bodies = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.int64]
Times = npt.NDArray[np.float64]
Verdicts = npt.NDArray[np.int8]

NEW, REPEAT, OTHER_BODY = range(3)
UNSEEN = -1
_BLOCK = 512

_LOW = np.uint64(0xFFFFFFFF)
_HIGH = np.uint64(0xFFFFFFFF00000000)
_EMPTY = np.uint64(0)
_HALF = np.uint64(32)


@inlined
def _home(word: np.uint64, mask: Index) -> np.int64:
    """Return where probing for a hash, or for the hash in an entry, begins."""
    return np.int64(word >> _HALF) & mask


@inlined
def _place(entry: np.uint64) -> np.int64:
    return np.int64(entry & _LOW) - 1


@short_kernel
def find(
    entries: Words, ring: Words, ring_bodies: Bodies, begin: int, hashes: Words,
    sequence: Numbers, bodies: Bodies,
) -> None:  # fmt: skip
    """Write sequence number and body of each id in the table; `UNSEEN` where absent.

    A read from memory takes 100 ns. The first entries are read for all ids before the rest of the work, so
    that the processor waits for many reads at once.
    """
    mask, ring_mask = np.int64(len(entries) - 1), np.int64(len(ring) - 1)
    first = np.empty(len(hashes), np.uint64)
    for i in range(len(hashes)):
        first[i] = entries[_home(hashes[i], mask)]
    for i in range(len(hashes)):
        sequence[i] = UNSEEN
        entry, at = first[i], _home(hashes[i], mask)
        while entry != _EMPTY:
            place = _place(entry)
            if (entry ^ hashes[i]) & _HIGH == _EMPTY and ring[place] == hashes[i]:
                sequence[i] = begin + ((place - begin) & ring_mask)
                bodies[i] = ring_bodies[place]
                break
            at = (at + 1) & mask
            entry = entries[at]


@short_kernel
def insert(
    entries: Words, ring: Words, ring_bodies: Bodies, first: int, hashes: Words, bodies: Bodies
) -> None:
    """Add ids that are not in the table, with the sequence numbers from `first` on."""
    mask, ring_mask = np.int64(len(entries) - 1), np.int64(len(ring) - 1)
    for k in range(len(hashes)):
        place = (first + k) & ring_mask
        ring[place], ring_bodies[place] = hashes[k], bodies[k]
        at = _home(hashes[k], mask)
        while entries[at] != _EMPTY:
            at = (at + 1) & mask
        entries[at] = (hashes[k] & _HIGH) | np.uint64(place + 1)


@kernel
def remove(entries: Words, ring: Words, first: int, end: int) -> None:
    """Remove the ids with sequence numbers from `first` to `end` (not included)."""
    mask, ring_mask = np.int64(len(entries) - 1), np.int64(len(ring) - 1)
    read = np.empty(_BLOCK, np.uint64)
    for begin in range(first, end, _BLOCK):
        numbers = range(begin, min(begin + _BLOCK, end))
        for number in numbers:  # many reads from memory at once, as in `find`
            read[number - begin] = entries[_home(ring[number & ring_mask], mask)]
        for number in numbers:
            place = number & ring_mask
            at = _home(ring[place], mask)
            while _place(entries[at]) != place:
                at = (at + 1) & mask
            _close_gap(entries, mask, at)


@kernel
def _close_gap(entries: Words, mask: Index, gap: Index) -> None:
    """Empty an entry, and move up later entries of the run that probing would no longer reach.

    Source: Knuth, The Art of Computer Programming 3, section 6.4, algorithm R.
    """
    at = gap
    while True:
        entries[gap] = _EMPTY
        away = np.int64(-1)
        while away < ((at - gap) & mask):
            at = (at + 1) & mask
            if entries[at] == _EMPTY:
                return
            away = (at - _home(entries[at], mask)) & mask
        entries[gap] = entries[at]
        gap = at


@short_kernel
def judge(
    hashes: Words, bodies: Bodies, arrival: Times, known: Numbers, known_bodies: Bodies,
    starts: Numbers, since: Times, generations: int, begin: int, end: int, clock: float,
    slice_s: float, kept_s: float, most: int, most_in_one: int, verdict: Verdicts,
) -> tuple[int, int, int, int, float, int]:  # fmt: skip
    """Judge n ids in their order, as if each came in a batch of its own.

    1. The clock moves on to the arrival; generations that are `kept_s` old are forgotten.  2. An id that is
    still known, from the table or from this batch, is a repeat.  3. A new id gets the next sequence number.
    Before that, the oldest generation is forgotten where `most` ids are known, and a new generation begins
    where the last is `slice_s` old or holds `most_in_one` ids.

    Args:
        hashes: hashes of the ids.
        bodies: hashes of their bodies.
        arrival: when each arrived, seconds.
        known: sequence number of each id in the table, `UNSEEN` where absent.
        known_bodies: body of each id in the table.
        starts: first sequence number of each generation, with room for n more.
        since: when each generation began, with room for n more.
        generations: number of generations.
        begin: smallest sequence number that is known.
        end: next sequence number.
        clock: newest arrival.
        slice_s: seconds that a generation takes new ids.
        kept_s: seconds from its begin until it is forgotten.
        most: number of ids that may be known.
        most_in_one: number of ids in one generation.
        verdict: becomes `NEW`, `REPEAT` or `OTHER_BODY` for each.

    Returns:
        Position of the oldest generation, end of the generations, `begin`, `end` and `clock` after these ids,
        and how many ids were forgotten for want of room.
    """
    size = 4
    while size < 2 * len(hashes):
        size *= 2
    mask = np.int64(size - 1)
    here = np.zeros(size, np.int32)  # rows of new ids plus one, by hash; 0 is empty
    number = np.empty(len(hashes), np.int64)
    oldest, early = 0, 0
    for i in range(len(hashes)):
        clock = max(clock, arrival[i])
        while oldest < generations and clock >= since[oldest] + kept_s:  # 1
            oldest += 1
            begin = starts[oldest] if oldest < generations else end
        if known[i] >= begin:  # 2
            verdict[i] = REPEAT if known_bodies[i] == bodies[i] else OTHER_BODY
            continue
        at = np.int64(hashes[i] & _LOW) & mask
        while here[at] != 0 and hashes[here[at] - 1] != hashes[i]:
            at = (at + 1) & mask
        row = here[at] - 1
        if row >= 0 and number[row] >= begin:
            verdict[i] = REPEAT if bodies[row] == bodies[i] else OTHER_BODY
            continue
        while end - begin >= most:  # 3
            oldest += 1
            after = starts[oldest] if oldest < generations else end
            early += after - begin
            begin = after
        last = generations - 1
        if oldest > last or clock >= since[last] + slice_s or end - starts[last] >= most_in_one:
            starts[generations], since[generations] = end, clock
            generations += 1
        verdict[i], number[i], here[at] = NEW, end, i + 1
        end += 1
    return oldest, generations, begin, end, clock, early
