"""Probe, insert into and remove from the table of `features.slots`.

An entry is a uint64: the upper half of the key's hash, and the slot plus one in the lower half; 0 is empty.
The lower half of the hash chooses where probing begins, so the two halves are independent. The place of a
slot's key is an int64: its start in the arena, and its length in the lowest byte; 0 is a free slot.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.byte_strings import Bytes, Index, Offsets
from features.compiling import inlined, kernel
from features.hashing import hash_bytes
from features.pointers import Pointer, pointer_to

Entries = npt.NDArray[np.uint64]
Hashes = npt.NDArray[np.uint64]
Slots = npt.NDArray[np.int32]

_LOW = np.uint64(0xFFFFFFFF)
_HIGH = np.uint64(0xFFFFFFFF00000000)
_EMPTY = np.uint64(0)


@inlined
def _slot_of(entry: np.uint64) -> np.int64:
    return np.int64(entry & _LOW) - 1


@inlined
def _entry_of(hashed: np.uint64, slot: Index) -> np.uint64:
    return (hashed & _HIGH) | np.uint64(slot + 1)


@inlined
def _same(arena: Pointer, place: Index, text: Pointer, start: Index, end: Index) -> bool:
    width, stored, same = end - start, place >> 8, 0
    if width != place & 0xFF:
        return False
    while same < width and arena[stored + same] == text[start + same]:
        same += 1
    return bool(same == width)


@inlined
def _stored_hash(arena: Pointer, place: Index) -> np.uint64:
    return hash_bytes(arena, place >> 8, (place >> 8) + (place & 0xFF))


@kernel
def _probe(
    entries: Pointer, mask: Index, arena: Pointer, places: Pointer,
    text: Pointer, start: Index, end: Index, hashed: np.uint64,
) -> Index:  # fmt: skip
    """Return the position of the key's entry, or `-1 - position` of the first empty entry."""
    at = np.int64(hashed) & mask
    while entries[at] != _EMPTY:
        alike = (entries[at] ^ hashed) & _HIGH == _EMPTY
        if alike and _same(arena, places[_slot_of(entries[at])], text, start, end):
            return at
        at = (at + 1) & mask
    return -1 - at


@kernel
def find(
    entries: Entries, arena: Bytes, places: Offsets, buffer: Bytes, start: Offsets, end: Offsets,
    hashes: Hashes, slots: Slots,
) -> None:  # fmt: skip
    """Write the slot of each key, -1 where absent.

    A read from memory takes 100 ns, and a key needs three: its entry, the place of the stored key, and its
    bytes. Each read is done for all keys before the next one, so that the processor waits for many reads at
    once.
    """
    mask = np.int64(len(entries) - 1)
    for i in range(len(start)):
        at = np.int64(hashes[i]) & mask
        while entries[at] != _EMPTY and (entries[at] ^ hashes[i]) & _HIGH != _EMPTY:
            at = (at + 1) & mask
        slots[i] = _slot_of(entries[at])
    stored = np.empty(len(start), np.int64)
    for i in range(len(start)):
        stored[i] = places[slots[i]] if slots[i] >= 0 else 0
    _confirm(entries, arena, places, buffer, start, end, hashes, stored, slots)


@kernel
def _confirm(
    entries: Entries, arena: Bytes, places: Offsets, buffer: Bytes, start: Offsets, end: Offsets,
    hashes: Hashes, stored: Offsets, slots: Slots,
) -> None:  # fmt: skip
    """Compare the keys with those stored for the found slots, and probe further where they differ."""
    table = (pointer_to(entries), len(entries) - 1, pointer_to(arena), pointer_to(places))
    text = pointer_to(buffer)
    for i in range(len(start)):
        if slots[i] < 0 or _same(table[2], stored[i], text, start[i], end[i]):
            continue
        at = _probe(table[0], table[1], table[2], table[3], text, start[i], end[i], hashes[i])
        slots[i] = _slot_of(entries[at]) if at >= 0 else -1


@kernel
def insert(
    entries: Entries, arena: Bytes, places: Offsets, buffer: Bytes, start: Offsets, end: Offsets,
    hashes: Hashes, missing: Offsets, fresh: Slots, slots_used: int, arena_end: int, slots: Slots,
) -> tuple[int, int]:  # fmt: skip
    """Give the keys at `missing` slots: the `fresh` ones first, then from `slots_used` on.

    Returns:
        The number of different keys inserted, and the new end of the arena.
    """
    table = (pointer_to(entries), len(entries) - 1, pointer_to(arena), pointer_to(places))
    text = pointer_to(buffer)
    inserted = 0
    for i in missing:
        at = _probe(table[0], table[1], table[2], table[3], text, start[i], end[i], hashes[i])
        if at >= 0:
            slots[i] = _slot_of(entries[at])
            continue
        slot = np.int64(fresh[inserted]) if inserted < len(fresh) else slots_used + inserted - len(fresh)
        places[slot] = arena_end << 8 | (end[i] - start[i])
        for p in range(start[i], end[i]):
            arena[arena_end] = buffer[p]
            arena_end += 1
        entries[-1 - at] = _entry_of(hashes[i], slot)
        slots[i] = slot
        inserted += 1
    return inserted, arena_end


@kernel
def rebuild(entries: Entries, arena: Bytes, places: Offsets, slots_used: int) -> None:
    """Insert every used slot into the empty `entries`."""
    mask = np.int64(len(entries) - 1)
    text = pointer_to(arena)
    for slot in range(slots_used):
        if places[slot] == 0:
            continue
        hashed = _stored_hash(text, places[slot])
        at = np.int64(hashed) & mask
        while entries[at] != _EMPTY:
            at = (at + 1) & mask
        entries[at] = _entry_of(hashed, slot)


@kernel
def remove(entries: Entries, arena: Bytes, places: Offsets, slots: Slots) -> None:
    """Empty the entries of `slots` and free them."""
    mask = np.int64(len(entries) - 1)
    text = pointer_to(arena)
    for slot in slots:
        at = np.int64(_stored_hash(text, places[slot])) & mask
        while _slot_of(entries[at]) != slot:
            at = (at + 1) & mask
        _close_gap(pointer_to(entries), mask, text, pointer_to(places), at)
        places[slot] = 0


@kernel
def _close_gap(entries: Pointer, mask: Index, arena: Pointer, places: Pointer, gap: Index) -> None:
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
            home = np.int64(_stored_hash(arena, places[_slot_of(entries[at])])) & mask
            away = (at - home) & mask
        entries[gap] = entries[at]
        gap = at


@kernel
def move_keys(arena: Bytes, places: Offsets, slots_used: int, target: Bytes) -> int:
    """Copy the used keys to `target` in the order of their slots; return their end."""
    end = 0
    for slot in range(slots_used):
        start, length = places[slot] >> 8, places[slot] & 0xFF
        for k in range(length):
            target[end + k] = arena[start + k]
        places[slot] = end << 8 | length if length else 0
        end += length
    return end
