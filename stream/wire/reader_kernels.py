"""Kernels that read record batches byte by byte; each read is checked against the end of its batch."""

import numpy as np
from numpy.typing import NDArray

from features.compiling import short_kernel
from stream.wire.batch_format import BEFORE_LENGTH_ENDS, HEADER_BYTES


@short_kernel
def index_batches(buffer: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return positions of whole batches; a fetch may end inside a batch, which the next fetch repeats."""
    found = np.empty(max(1, len(buffer) // HEADER_BYTES), np.int64)
    count = 0
    at = 0
    while at + HEADER_BYTES <= len(buffer):
        length = 0
        for i in range(8, 12):
            length = (length << 8) | buffer[at + i]
        end = at + BEFORE_LENGTH_ENDS + length
        if length < HEADER_BYTES - BEFORE_LENGTH_ENDS or end > len(buffer):
            break
        found[count] = at
        count += 1
        at = end
    return found[:count]


@short_kernel
def _varint(buffer: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """A zig-zag varint and the position after it; position -1 where it does not end in time."""
    shift = 0
    value = np.uint64(0)
    while at < end and shift < 64:
        byte = np.uint64(buffer[at])
        at += 1
        value |= (byte & np.uint64(0x7F)) << np.uint64(shift)
        if byte < np.uint64(0x80):
            magnitude: int = np.int64(value >> np.uint64(1))  # type: ignore[assignment]
            return -magnitude - 1 if value & np.uint64(1) else magnitude, at
        shift += 7
    return 0, -1


@short_kernel
def _bytes_field(buffer: NDArray[np.uint8], at: int, end: int) -> tuple[int, int, int]:
    """Start and end of a length-prefixed field and the position after it; start -1 where null."""
    length, at = _varint(buffer, at, end)
    if at < 0 or length > end - at:
        return -1, -1, -1
    if length < 0:
        return -1, -1, at
    return at, at + length, at + length


@short_kernel
def parse_records(  # noqa: C901  one branch per field that may not fit
    buffer: NDArray[np.uint8],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    base_offset: NDArray[np.int64],
    stamp: NDArray[np.int64],
    appended: NDArray[np.bool_],
    record_count: NDArray[np.int64],
    from_offset: int,
) -> tuple[NDArray[np.int64], int]:
    """Return six rows (offset, timestamp, key start and end, value start and end) and the number of records.

    Records before `from_offset` are skipped: the broker always sends a compressed batch whole. The count is
    -1 where a record ends after its batch.
    """
    total = 0
    for b in range(len(start)):
        if record_count[b] < 0 or record_count[b] > end[b] - start[b]:
            return np.empty((6, 0), np.int64), -1
        total += record_count[b]
    out = np.empty((6, total), np.int64)
    n = 0
    for b in range(len(start)):
        at = start[b]
        for _ in range(record_count[b]):
            length, at = _varint(buffer, at, end[b])
            if at < 0 or length < 0 or length > end[b] - at:
                return out, -1
            stop = at + length
            delta_time, p = _varint(buffer, at + 1, stop)  # one byte of attributes, unused by the format
            if p < 0:
                return out, -1
            delta_offset, p = _varint(buffer, p, stop)
            if p < 0:
                return out, -1
            key_start, key_end, p = _bytes_field(buffer, p, stop)
            if p < 0:
                return out, -1
            value_start, value_end, p = _bytes_field(buffer, p, stop)
            if p < 0:
                return out, -1
            at = stop
            if base_offset[b] + delta_offset < from_offset:
                continue
            out[0, n] = base_offset[b] + delta_offset
            out[1, n] = stamp[b] if appended[b] else stamp[b] + delta_time
            out[2, n] = key_start
            out[3, n] = key_end
            out[4, n] = value_start
            out[5, n] = value_end
            n += 1
    return out, n
