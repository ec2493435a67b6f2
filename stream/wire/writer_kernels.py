"""Kernels that write the records of a batch; all sizes are computed first."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.compiling import short_kernel

LONG_BYTES: Final = 64  # longer fields are copied whole, which is faster than a loop over their bytes


@short_kernel
def _put_varint(out: NDArray[np.uint8], at: int, value: int) -> int:
    zigzag = np.uint64((value << 1) ^ (value >> 63))
    while zigzag >= np.uint64(0x80):
        out[at] = np.uint8(zigzag & np.uint64(0x7F)) | np.uint8(0x80)
        zigzag >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(zigzag)
    return at + 1


@short_kernel
def _varint_size(value: int) -> int:
    zigzag = np.uint64((value << 1) ^ (value >> 63))
    size = 1
    while zigzag >= np.uint64(0x80):
        zigzag >>= np.uint64(7)
        size += 1
    return size


@short_kernel
def _put_field(out: NDArray[np.uint8], at: int, buffer: NDArray[np.uint8], start: int, end: int) -> int:
    if start < 0:
        return _put_varint(out, at, -1)
    at = _put_varint(out, at, end - start)
    if end - start > LONG_BYTES:
        out[at : at + end - start] = buffer[start:end]
    else:
        for i in range(end - start):
            out[at + i] = buffer[start + i]
    return at + end - start


@short_kernel
def _field_size(start: int, end: int) -> int:
    if start < 0:
        return 1
    return _varint_size(end - start) + end - start


@short_kernel
def _record_size(i: int, key_start: int, key_end: int, value_start: int, value_end: int) -> int:
    """Return the bytes of record i without its length field."""
    # attributes and time delta are one zero byte each, and no headers follow: three bytes
    return 3 + _varint_size(i) + _field_size(key_start, key_end) + _field_size(value_start, value_end)


@short_kernel
def records_size(
    key_start: NDArray[np.int64],
    key_end: NDArray[np.int64],
    value_start: NDArray[np.int64],
    value_end: NDArray[np.int64],
) -> int:
    """Return the bytes that `write_records` will write."""
    total = 0
    for i in range(len(value_start)):
        size = _record_size(i, key_start[i], key_end[i], value_start[i], value_end[i])
        total += _varint_size(size) + size
    return total


@short_kernel
def write_records(
    out: NDArray[np.uint8],
    key_buffer: NDArray[np.uint8],
    key_start: NDArray[np.int64],
    key_end: NDArray[np.int64],
    value_buffer: NDArray[np.uint8],
    value_start: NDArray[np.int64],
    value_end: NDArray[np.int64],
) -> None:
    """Write the records section of a batch: n records, offsets 0 to n - 1, no time deltas, no headers."""
    at = 0
    for i in range(len(value_start)):
        size = _record_size(i, key_start[i], key_end[i], value_start[i], value_end[i])
        at = _put_varint(out, at, size)
        out[at] = 0
        out[at + 1] = 0
        at = _put_varint(out, at + 2, i)
        at = _put_field(out, at, key_buffer, key_start[i], key_end[i])
        at = _put_field(out, at, value_buffer, value_start[i], value_end[i])
        out[at] = 0
        at += 1
