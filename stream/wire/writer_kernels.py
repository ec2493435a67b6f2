"""Kernels that write the records of a batch; sizes are known before a byte is written."""

from typing import Final

import numba as nb
import numpy as np
from numpy.typing import NDArray

MOST_BYTES_AROUND: Final = 40  # varints, attributes and header count of one record, at the most


@nb.njit(cache=True)
def _put_varint(out: NDArray[np.uint8], at: int, value: int) -> int:
    zigzag = np.uint64((value << 1) ^ (value >> 63))
    while zigzag >= np.uint64(0x80):
        out[at] = np.uint8(zigzag & np.uint64(0x7F)) | np.uint8(0x80)
        zigzag >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(zigzag)
    return at + 1


@nb.njit(cache=True)
def _varint_size(value: int) -> int:
    zigzag = np.uint64((value << 1) ^ (value >> 63))
    size = 1
    while zigzag >= np.uint64(0x80):
        zigzag >>= np.uint64(7)
        size += 1
    return size


@nb.njit(cache=True)
def _put_field(out: NDArray[np.uint8], at: int, buffer: NDArray[np.uint8], start: int, end: int) -> int:
    if start < 0:
        return _put_varint(out, at, -1)
    at = _put_varint(out, at, end - start)
    for i in range(end - start):
        out[at + i] = buffer[start + i]
    return at + end - start


@nb.njit(cache=True)
def _field_size(start: int, end: int) -> int:
    if start < 0:
        return 1
    return _varint_size(end - start) + end - start


@nb.njit(cache=True)
def write_records(
    key_buffer: NDArray[np.uint8],
    key_start: NDArray[np.int64],
    key_end: NDArray[np.int64],
    value_buffer: NDArray[np.uint8],
    value_start: NDArray[np.int64],
    value_end: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """The records section of a batch: n records, offsets 0 to n - 1, no time deltas, no headers."""
    n = len(value_start)
    most = n * MOST_BYTES_AROUND
    for i in range(n):
        most += key_end[i] - key_start[i] + value_end[i] - value_start[i]
    out = np.empty(most, np.uint8)
    at = 0
    for i in range(n):
        # attributes and time delta are one zero byte each, and no headers follow: three bytes
        size = 3 + _varint_size(i)
        size += _field_size(key_start[i], key_end[i]) + _field_size(value_start[i], value_end[i])
        at = _put_varint(out, at, size)
        out[at] = 0
        out[at + 1] = 0
        at = _put_varint(out, at + 2, i)
        at = _put_field(out, at, key_buffer, key_start[i], key_end[i])
        at = _put_field(out, at, value_buffer, value_start[i], value_end[i])
        out[at] = 0
        at += 1
    return out[:at]
