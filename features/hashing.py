"""One 64-bit hash of byte strings, the same on every machine and in every run."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from features.spans import Bytes, ByteSpans, Offsets

# The seed is part of stored profiles (fingerprints of partners), so it must never change.
SEED = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_27, _SHIFT_30, _SHIFT_31 = np.uint64(27), np.uint64(30), np.uint64(31)


@numba.njit(cache=True, nogil=True, inline="always")
def _scramble(x: np.uint64) -> np.uint64:
    """The finaliser of SplitMix64: every bit of x reaches every bit of the result.

    Source: Steele, Lea, Flood 2014, «Fast splittable pseudorandom number generators».
    """
    x = (x ^ (x >> _SHIFT_30)) * _MIX_1
    x = (x ^ (x >> _SHIFT_27)) * _MIX_2
    return x ^ (x >> _SHIFT_31)


@numba.njit(cache=True, nogil=True)
def hash_bytes(buffer: Bytes, start: int, end: int) -> np.uint64:
    """Hash `buffer[start:end]`, eight bytes at a time, little-endian."""
    state = SEED ^ np.uint64(end - start)
    at = start
    while at + 8 <= end:
        word = np.uint64(0)
        for k in range(8):
            word |= np.uint64(buffer[at + k]) << np.uint64(8 * k)
        state = _scramble(state ^ word) + SEED
        at += 8
    word = np.uint64(0)
    for k in range(end - at):
        word |= np.uint64(buffer[at + k]) << np.uint64(8 * k)
    return _scramble(state ^ word)


@numba.njit(cache=True, nogil=True)
def _hash_all(buffer: Bytes, start: Offsets, end: Offsets, out: npt.NDArray[np.uint64]) -> None:
    for i in range(len(start)):
        out[i] = hash_bytes(buffer, start[i], end[i])


def hash_spans(keys: ByteSpans) -> npt.NDArray[np.uint64]:
    """Hash each string of `keys`, uint64 (n,)."""
    out = np.empty(len(keys), np.uint64)
    _hash_all(keys.buffer, keys.start, keys.end, out)
    return out
