"""A 64-bit hash of byte strings, equal on every machine and in every run."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.byte_strings import Bytes, ByteStrings, Index, Offsets
from features.compiling import inlined, kernel
from features.pointers import Pointer, pointer_to, word_at

# The seed is part of stored profiles (fingerprints of partners), so it must never change.
SEED = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_27, _SHIFT_30, _SHIFT_31 = np.uint64(27), np.uint64(30), np.uint64(31)
_WIDTH = 8


@inlined
def scramble(x: np.uint64) -> np.uint64:
    """The finaliser of SplitMix64: every bit of x reaches every bit of the result.

    Source: Steele, Lea, Flood 2014, «Fast splittable pseudorandom number generators», OOPSLA.
    """
    x = (x ^ (x >> _SHIFT_30)) * _MIX_1
    x = (x ^ (x >> _SHIFT_27)) * _MIX_2
    return x ^ (x >> _SHIFT_31)


@inlined
def hash_bytes(text: Pointer, start: Index, end: Index) -> np.uint64:
    """Hash the bytes from `start` to `end`, eight at a time; the last eight may overlap the eight before."""
    state = SEED ^ np.uint64(end - start)
    if end - start < _WIDTH:
        return scramble(state ^ _short_word(text, start, end))
    at = start
    while at + _WIDTH < end:
        state = scramble(state ^ word_at(text, at)) + SEED
        at += _WIDTH
    return scramble(state ^ word_at(text, end - _WIDTH))


@inlined
def _short_word(text: Pointer, start: Index, end: Index) -> np.uint64:
    word = np.uint64(0)
    for at in range(start, end):
        word = word << np.uint64(_WIDTH) | np.uint64(text[at])
    return word


@kernel
def _hash_all(buffer: Bytes, start: Offsets, end: Offsets, out: npt.NDArray[np.uint64]) -> None:
    text = pointer_to(buffer)
    for i in range(len(start)):
        out[i] = hash_bytes(text, start[i], end[i])


def hash_strings(keys: ByteStrings) -> npt.NDArray[np.uint64]:
    """Hash each string of `keys`, uint64 (n,)."""
    out = np.empty(len(keys), np.uint64)
    _hash_all(keys.buffer, keys.start, keys.end, out)
    return out
