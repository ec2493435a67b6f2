"""Keys of entities from arrays, written as a message would carry them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.byte_strings import Bytes, ByteStrings, Offsets
from features.compiling import kernel

_MOST_DIGITS = 20  # of an int64, its sign counted


def keys_from(values: npt.NDArray[Any]) -> ByteStrings:
    """Return integers (as decimal digits), strings or bytes as byte strings, (n,).

    Raises:
        TypeError: the values are of another type.

    Example:
        >>> keys_from(np.array([17, -3])).to_list()
        [b'17', b'-3']
    """
    if values.dtype.kind in "iu":
        return _integers(values.astype(np.int64))
    if values.dtype.kind == "S":
        return _padded(values)
    if values.dtype.kind in "OUT":
        return ByteStrings.from_arrow(pa.array(values.tolist(), pa.large_string()))
    raise TypeError(f"keys of type {values.dtype}: integers, strings or bytes are needed")


def _padded(values: npt.NDArray[np.bytes_]) -> ByteStrings:
    """Strings of one width, filled up with zero bytes, where they lie."""
    width = values.dtype.itemsize
    start = np.arange(len(values), dtype=np.int64) * width
    return ByteStrings(np.ascontiguousarray(values).view(np.uint8), start, start + np.strings.str_len(values))


def _integers(values: npt.NDArray[np.int64]) -> ByteStrings:
    buffer = np.empty(len(values) * _MOST_DIGITS, np.uint8)
    end = np.empty(len(values), np.int64)
    _write_digits(values, buffer, end)
    return ByteStrings.in_a_row(buffer, end)


@kernel
def _write_digits(values: npt.NDArray[np.int64], buffer: Bytes, end: Offsets) -> None:
    digits = np.empty(_MOST_DIGITS, np.uint8)
    at = 0
    for i in range(len(values)):
        rest = np.uint64(abs(values[i]))
        count = 0
        while count == 0 or rest > 0:
            digits[count] = 48 + rest % np.uint64(10)
            rest //= np.uint64(10)
            count += 1
        if values[i] < 0:
            digits[count] = 45
            count += 1
        for k in range(count):
            buffer[at + k] = digits[count - 1 - k]
        at += count
        end[i] = at
