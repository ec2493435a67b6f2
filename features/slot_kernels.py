"""Probing, inserting and removing in the table of `features.slots`.

An entry is a uint64: the upper half of the key's hash, and the slot plus one in the lower half; 0 is empty. The
lower half of the hash chooses where probing begins, so the two halves decide independently. The place of a
slot's key is an int64: where it starts in the arena, and its length in the lowest byte; 0 is a free slot.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from features.hashing import hash_bytes
from features.spans import Bytes, Offsets

Entries = npt.NDArray[np.uint64]
Hashes = npt.NDArray[np.uint64]
Slots = npt.NDArray[np.int32]

_LOW = np.uint64(0xFFFFFFFF)
_HIGH = np.uint64(0xFFFFFFFF00000000)
_EMPTY = np.uint64(0)


@numba.njit(cache=True, nogil=True)
def _same(arena: Bytes, place: int, buffer: Bytes, start: int, end: int) -> bool:
    if end - start != place & 0xFF:
        return False
    at = place >> 8
    for k in range(end - start):
        if arena[at + k] != buffer[start + k]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _stored_hash(arena: Bytes, place: int) -> np.uint64:
    return hash_bytes(arena, place >> 8, (place >> 8) + (place & 0xFF))


@numba.njit(cache=True, nogil=True)
def _probe(
    entries: Entries, arena: Bytes, places: Offsets, buffer: Bytes, start: int, end: int,
    hashed: np.uint64,
) -> int:  # fmt: skip
    """Where the key stands among the entries, or the first empty entry on its way as `-1 - position`."""
    mask = np.int64(len(entries) - 1)
    at = np.int64(hashed & _LOW) & mask
    while entries[at] != _EMPTY:
        if (entries[at] ^ hashed) & _HIGH == _EMPTY:
            slot = np.int64(entries[at] & _LOW) - 1
            if _same(arena, places[slot], buffer, start, end):
                return at
        at = (at + 1) & mask
    return -1 - at


@numba.njit(cache=True, nogil=True)
def find(
    entries: Entries, arena: Bytes, places: Offsets,
    buffer: Bytes, start: Offsets, end: Offsets, hashes: Hashes, slots: Slots,
) -> None:  # fmt: skip
    """Write the slot of each key, -1 where absent.

    Memory answers in 100 ns, and a key needs three answers: entry, place of the stored key, its bytes. Asking
    for one thing of all keys at a time lets the processor wait for many at once: three times as fast.
    """
    mask = np.int64(len(entries) - 1)
    for i in range(len(start)):
        at = np.int64(hashes[i] & _LOW) & mask
        while entries[at] != _EMPTY and (entries[at] ^ hashes[i]) & _HIGH != _EMPTY:
            at = (at + 1) & mask
        slots[i] = np.int64(entries[at] & _LOW) - 1
    stored = np.empty(len(start), np.int64)
    for i in range(len(start)):
        stored[i] = places[slots[i]] if slots[i] >= 0 else 0
    for i in range(len(start)):
        if slots[i] < 0 or _same(arena, stored[i], buffer, start[i], end[i]):
            continue
        # Half a hash agreed and the key did not: one in four thousand million.
        at = _probe(entries, arena, places, buffer, start[i], end[i], hashes[i])
        slots[i] = np.int64(entries[at] & _LOW) - 1 if at >= 0 else -1


@numba.njit(cache=True, nogil=True)
def insert(
    entries: Entries, arena: Bytes, places: Offsets,
    buffer: Bytes, start: Offsets, end: Offsets, hashes: Hashes,
    missing: npt.NDArray[np.int64], fresh: Slots, slots_used: int, arena_end: int, slots: Slots,
) -> tuple[int, int]:  # fmt: skip
    """Give the keys at `missing` slots: the `fresh` ones first, then from `slots_used` on.

    Returns how many different keys were inserted and where the arena now ends.
    """
    inserted = 0
    for i in missing:
        at = _probe(entries, arena, places, buffer, start[i], end[i], hashes[i])
        if at >= 0:
            slots[i] = np.int64(entries[at] & _LOW) - 1
            continue
        slot = np.int64(fresh[inserted]) if inserted < len(fresh) else slots_used + inserted - len(fresh)
        places[slot] = arena_end << 8 | (end[i] - start[i])
        for p in range(start[i], end[i]):
            arena[arena_end] = buffer[p]
            arena_end += 1
        entries[-1 - at] = (hashes[i] & _HIGH) | np.uint64(slot + 1)
        slots[i] = slot
        inserted += 1
    return inserted, arena_end


@numba.njit(cache=True, nogil=True)
def rebuild(entries: Entries, arena: Bytes, places: Offsets, slots_used: int) -> None:
    """Enter every slot in use into `entries`, which are empty."""
    mask = np.int64(len(entries) - 1)
    for slot in range(slots_used):
        if places[slot] == 0:
            continue
        hashed = _stored_hash(arena, places[slot])
        at = np.int64(hashed & _LOW) & mask
        while entries[at] != _EMPTY:
            at = (at + 1) & mask
        entries[at] = (hashed & _HIGH) | np.uint64(slot + 1)


@numba.njit(cache=True, nogil=True)
def remove(entries: Entries, arena: Bytes, places: Offsets, slots: Slots) -> None:
    """Empty the entries of `slots` and free them."""
    for slot in slots:
        start = places[slot] >> 8
        end = start + (places[slot] & 0xFF)
        hashed = hash_bytes(arena, start, end)
        at = _probe(entries, arena, places, arena, start, end, hashed)
        _close_gap(entries, arena, places, at)
        places[slot] = 0


@numba.njit(cache=True, nogil=True)
def _close_gap(entries: Entries, arena: Bytes, places: Offsets, gap: int) -> None:
    """Pull later entries of the run into `gap` where probing would otherwise stop short of them.

    Source: Knuth, The Art of Computer Programming 3, section 6.4, algorithm R.
    """
    mask = np.int64(len(entries) - 1)
    at = gap
    while True:
        entries[gap] = _EMPTY
        while True:
            at = (at + 1) & mask
            if entries[at] == _EMPTY:
                return
            slot = np.int64(entries[at] & _LOW) - 1
            hashed = _stored_hash(arena, places[slot])
            home = np.int64(hashed & _LOW) & mask
            if ((at - home) & mask) >= ((at - gap) & mask):
                break
        entries[gap] = entries[at]
        gap = at


@numba.njit(cache=True, nogil=True)
def move_keys(arena: Bytes, places: Offsets, slots_used: int, target: Bytes) -> int:
    """Copy the keys in use to `target` in the order of their slots; returns where they end."""
    at = 0
    for slot in range(slots_used):
        start, length = places[slot] >> 8, places[slot] & 0xFF
        for k in range(length):
            target[at + k] = arena[start + k]
        places[slot] = at << 8 | length if length else 0
        at += length
    return at
