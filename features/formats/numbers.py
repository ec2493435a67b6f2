"""Numbers in the bytes of a record."""

from __future__ import annotations

import numpy as np

from features.byte_strings import Index
from features.compiling import inlined
from features.formats.faults import NUMBER, TRUNCATED
from features.pointers import Pointer, word_at

_MOST_BYTES = 10  # of an integer of 64 bits, seven to a byte
_MORE, _LOW = 0x80, np.uint64(0x7F)
_ONE = np.uint64(1)
_EIGHT, _FOUR = 8, 4


@inlined
def varint_at(source: Pointer, at: Index, end: Index) -> tuple[np.uint64, Index]:
    """An integer of seven bits to a byte, lowest first, and the position behind it; or a fault."""
    value = np.uint64(0)
    for k in range(_MOST_BYTES):
        if at + k >= end:
            return value, TRUNCATED
        byte = source[at + k]
        value |= (np.uint64(byte) & _LOW) << np.uint64(7 * k)
        if byte < _MORE:
            return (value, at + k + 1) if k < _MOST_BYTES - 1 or byte <= 1 else (value, NUMBER)
    return value, NUMBER


@inlined
def unfolded(value: np.uint64) -> np.int64:
    """Decode a zigzag integer: 0, 1, 2, 3 stand for 0, -1, 1, -2."""
    return np.int64((value >> _ONE) ^ (np.uint64(0) - (value & _ONE)))


@inlined
def signed_at(source: Pointer, at: Index, end: Index) -> tuple[np.int64, Index]:
    """A zigzag integer, and the position behind it; or a fault."""
    value, behind = varint_at(source, at, end)
    return unfolded(value), behind


@inlined
def double_at(source: Pointer, at: Index, end: Index) -> tuple[float, Index]:
    """A float64, little-endian, and the position behind it; or a fault."""
    if at + _EIGHT > end:
        return 0.0, TRUNCATED
    word = np.uint64(word_at(source, at))
    return np.float64(word.view(np.float64)), at + _EIGHT


@inlined
def float_at(source: Pointer, at: Index, end: Index) -> tuple[float, Index]:
    """A float32, little-endian, and the position behind it; or a fault."""
    if at + _FOUR > end:
        return 0.0, TRUNCATED
    bits = np.int64(0)
    for k in range(_FOUR):
        bits |= np.int64(source[at + k]) << (8 * k)
    word = np.uint32(bits)
    return np.float64(word.view(np.float32)), at + _FOUR
