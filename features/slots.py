"""Find the row number of an entity's key."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features import slot_kernels as kernels
from features.byte_strings import ByteStrings
from features.hashing import hash_strings
from features.schema import MAX_KEY_BYTES

Slots = npt.NDArray[np.int32]

ABSENT = -1
_FEWEST_ENTRIES = 1024
_FEWEST_ARENA_BYTES = 16_384
_ENTRIES_PER_KEY = 2  # at least: the table is at most half full, so a probe takes one or two steps


class SlotTable:
    """Keys (1 to 64 bytes each) and their slots: small integers, reused after the key is removed.

    Open addressing with linear probing over entries of 8 bytes: half a hash and a slot. A hash that agrees is
    confirmed byte by byte, so two keys never share a slot.

    >>> table = SlotTable()
    >>> table.lookup_or_insert(ByteStrings.from_list([b"a", b"b", b"a"])).tolist()
    [0, 1, 0]
    >>> table.lookup(ByteStrings.from_list([b"b", b"c"])).tolist()
    [1, -1]
    """

    def __init__(self) -> None:
        self._entries = np.zeros(_FEWEST_ENTRIES, np.uint64)
        self._places = np.zeros(_FEWEST_ENTRIES // _ENTRIES_PER_KEY, np.int64)  # of the keys in the arena
        self._arena = np.zeros(_FEWEST_ARENA_BYTES, np.uint8)
        self._arena_end = 0
        self._slots_used = 0  # slots below this were used at some time
        self._free: list[int] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def capacity(self) -> int:
        """Upper bound of slots; grows by doubling."""
        return len(self._places)

    @property
    def nbytes(self) -> int:
        """Memory in bytes, without the keys themselves."""
        return self._entries.nbytes + self._places.nbytes

    def lookup(self, keys: ByteStrings) -> Slots:
        """Return the slot of each key, int32 (n,); -1 if it is not in the table."""
        return self._find(keys, hash_strings(keys))

    def lookup_or_insert(self, keys: ByteStrings) -> Slots:
        """Return the slot of each key, int32 (n,); unknown keys get one.

        Raises:
            ValueError: a new key is empty or longer than 64 bytes.
        """
        hashes = hash_strings(keys)
        slots = self._find(keys, hashes)
        missing = np.flatnonzero(slots == ABSENT)
        if len(missing):
            self._insert(keys, hashes, missing, slots)
        return slots

    def remove(self, slots: npt.NDArray[np.int32]) -> None:
        """Remove the keys of `slots`, which must be used and different; the slots become free."""
        kernels.remove(self._entries, self._arena, self._places, slots)
        self._free.extend(slots.tolist())
        self._count -= len(slots)
        if self._arena_end > _FEWEST_ARENA_BYTES and 2 * self._key_bytes() < self._arena_end:
            self._rewrite_arena(0)

    def used(self) -> Slots:
        """Return the used slots, ascending."""
        return np.flatnonzero(self._places).astype(np.int32)

    def key_bytes(self, slots: npt.NDArray[np.int32]) -> ByteStrings:
        """Return the keys of `slots`, in memory of the table: `gather` them before an insertion."""
        start = self._places[slots] >> 8
        return ByteStrings(self._arena, start, start + (self._places[slots] & 0xFF))

    def _find(self, keys: ByteStrings, hashes: npt.NDArray[np.uint64]) -> Slots:
        slots = np.empty(len(keys), np.int32)
        table = (self._entries, self._arena, self._places)
        kernels.find(*table, keys.buffer, keys.start, keys.end, hashes, slots)
        return slots

    def _insert(
        self, keys: ByteStrings, hashes: npt.NDArray[np.uint64], missing: npt.NDArray[np.int64], slots: Slots
    ) -> None:
        length = keys.length[missing]
        wrong = length[(length < 1) | (length > MAX_KEY_BYTES)]
        if len(wrong):
            raise ValueError(f"a key of {wrong[0]} bytes: 1 to {MAX_KEY_BYTES} are allowed")
        self._reserve(len(missing), int(length.sum()))
        fresh = np.array(self._free[::-1][: len(missing)], np.int32)
        table = (self._entries, self._arena, self._places)
        strings = (keys.buffer, keys.start, keys.end)
        inserted, self._arena_end = kernels.insert(
            *table, *strings, hashes, missing, fresh, self._slots_used, self._arena_end, slots
        )
        reused = min(inserted, len(fresh))
        del self._free[len(self._free) - reused :]
        self._slots_used += inserted - reused
        self._count += inserted

    def _reserve(self, keys: int, key_bytes: int) -> None:
        if self._arena_end + key_bytes > len(self._arena):
            self._rewrite_arena(key_bytes)
        capacity = self.capacity
        while self._count + keys > capacity or self._slots_used + keys - len(self._free) > capacity:
            capacity *= 2
        if capacity > self.capacity:
            self._grow(capacity)

    def _grow(self, capacity: int) -> None:
        places = np.zeros(capacity, np.int64)
        places[: self.capacity] = self._places
        self._places = places
        self._entries = np.zeros(capacity * _ENTRIES_PER_KEY, np.uint64)
        kernels.rebuild(self._entries, self._arena, self._places, self._slots_used)

    def _rewrite_arena(self, room: int) -> None:
        arena = np.empty(max(2 * (self._key_bytes() + room), _FEWEST_ARENA_BYTES), np.uint8)
        self._arena_end = kernels.move_keys(self._arena, self._places, self._slots_used, arena)
        self._arena = arena

    def _key_bytes(self) -> int:
        return int((self._places & 0xFF).sum())
