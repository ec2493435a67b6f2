"""Opaque ids: twelve letters and digits, different for different numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", np.uint8)
# Shorter than the shortest card number, so that no id looks like one.
_LETTERS = 12
_BITS = 5 * _LETTERS
_MASK = np.uint64((1 << _BITS) - 1)
_HALF = np.uint64(_BITS // 2)
_ODD = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def opaque_ids(prefix: str, numbers: npt.NDArray[np.integer], seed: int) -> npt.NDArray[np.bytes_]:
    """Make an id for each number.

    Args:
        prefix: beginning of every id, ASCII.
        numbers: 0 to 2**60 - 1, (n,).
        seed: another seed gives other ids.

    Returns:
        The ids, prefix and twelve characters, bytes (n,).

    Example:
        >>> opaque_ids("card_", np.arange(2), seed=7).tolist()
        [b'card_ud32kxxuc25g', b'card_ig3ft4zwi72t']
    """
    mixed = _mix(numbers.astype(np.uint64) ^ (_mix(np.array([seed], np.uint64))))
    shifts = np.arange(_LETTERS, dtype=np.uint64) * np.uint64(5)
    letters = _ALPHABET[(mixed[:, None] >> shifts) & np.uint64(31)]
    start = np.frombuffer(prefix.encode("ascii"), np.uint8)
    text = np.concatenate([np.broadcast_to(start, (len(numbers), len(start))), letters], axis=1)
    return np.ascontiguousarray(text).view(f"S{text.shape[1]}")[:, 0]


def _mix(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Scramble 60 bits; each step is invertible, so different numbers stay different."""
    x = x & _MASK
    for odd in _ODD:
        x = (x * odd) & _MASK
        x = x ^ (x >> _HALF)
    return x
