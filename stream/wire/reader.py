"""Read a fetched partition: from bytes to columns of record positions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from aiokafka import codec
from aiokafka.errors import CorruptRecordException
from aiokafka.record.control_record import ABORT_MARKER, ControlRecord
from aiokafka.record.default_records import DefaultRecordBatch
from crc32c import crc32c
from numpy.typing import NDArray

from features.byte_strings import ByteStrings
from stream.wire import batch_format as fmt
from stream.wire.reader_kernels import index_batches, parse_records
from stream.wire.refused import Refused

AbortedTransaction: TypeAlias = tuple[int, int]  # producer id, first offset

_DECOMPRESS: Final[dict[int, Callable[[bytes], bytes]]] = {
    1: codec.gzip_decode,
    2: codec.snappy_decode,
    3: codec.lz4_decode,
    4: codec.zstd_decode,
}


@dataclass(frozen=True, slots=True)
class Records:
    """n records as columns.

    Attributes:
        offset: int64 (n,), ascending.
        timestamp: int64 (n,), milliseconds since 1970; arrival where the topic stamps appends.
        keys: positions in the fetched bytes; start -1 where null.
        values: the same for values.
        next_offset: offset of the next fetch; control batches and aborted batches advance it too.
        refused: batches of records that were skipped.
    """

    offset: NDArray[np.int64]
    timestamp: NDArray[np.int64]
    keys: ByteStrings
    values: ByteStrings
    next_offset: int
    refused: tuple[Refused, ...] = ()

    def __len__(self) -> int:
        return len(self.offset)

    def until(self, offset: int) -> "Records":
        """Return the records before `offset`."""
        n = int(np.searchsorted(self.offset, offset))
        first = slice(0, n)
        return Records(
            self.offset[first],
            self.timestamp[first],
            ByteStrings(self.keys.buffer, self.keys.start[first], self.keys.end[first]),
            ByteStrings(self.values.buffer, self.values.start[first], self.values.end[first]),
            min(self.next_offset, offset),
            tuple(one for one in self.refused if one.first < offset),
        )


def read_records(
    data: bytes, *, from_offset: int, aborted: Sequence[AbortedTransaction] = (), check_crc: bool = True
) -> Records:
    """Read every whole batch in `data`; leave out control batches and aborted transactions.

    Raises:
        CorruptRecordException: a batch is not format v2, its checksum differs, or its records do not fit it.
    """
    buffer = np.frombuffer(data, np.uint8)
    positions = index_batches(buffer)
    headers = _headers(buffer, positions)
    _check(data, positions, headers, check_crc)
    wanted = _committed(data, positions, headers, aborted)
    next_offset = _next_offset(headers, from_offset)
    buffer, start, end = _sections(buffer, positions[wanted], headers[wanted])
    return _records(buffer, start, end, headers[wanted], from_offset, next_offset)


def _headers(buffer: NDArray[np.uint8], positions: NDArray[np.int64]) -> NDArray[np.void]:
    rows = buffer[positions[:, None] + np.arange(fmt.HEADER_BYTES)]
    return np.ascontiguousarray(rows).view(fmt.HEADER).reshape(-1)


def _check(data: bytes, positions: NDArray[np.int64], headers: NDArray[np.void], check_crc: bool) -> None:
    if np.any(headers["magic"] != fmt.MAGIC):
        raise CorruptRecordException(f"record batch format {headers['magic'].tolist()}, only 2 is understood")
    if not check_crc:
        return
    view = memoryview(data)
    ends = positions + fmt.BEFORE_LENGTH_ENDS + headers["length"]
    for position, end, crc in zip(positions.tolist(), ends.tolist(), headers["crc"].tolist(), strict=True):
        if crc32c(view[position + fmt.CRC_FROM : end]) != crc:
            raise CorruptRecordException(f"checksum differs in the record batch at byte {position}")


def _committed(
    data: bytes,
    positions: NDArray[np.int64],
    headers: NDArray[np.void],
    aborted: Sequence[AbortedTransaction],
) -> NDArray[np.bool_]:
    """Mark the batches to read: neither control batches nor aborted transactions (KIP-98)."""
    control = np.asarray(headers["attributes"] & fmt.CONTROL, bool)
    wanted: NDArray[np.bool_] = ~control
    if not aborted:
        return wanted
    pending = sorted(aborted, key=lambda transaction: transaction[1])
    aborting: set[int] = set()
    for i, header in enumerate(headers):
        while pending and pending[0][1] <= int(header["base_offset"]):
            aborting.add(pending.pop(0)[0])
        producer = int(header["producer_id"])
        if control[i] and _ends_abort(data, int(positions[i]), int(header["length"])):
            aborting.discard(producer)
        elif header["attributes"] & fmt.TRANSACTIONAL and producer in aborting:
            wanted[i] = False
    return wanted


def _ends_abort(data: bytes, position: int, length: int) -> bool:
    batch = DefaultRecordBatch(bytearray(data[position : position + fmt.BEFORE_LENGTH_ENDS + length]))
    return bool(ControlRecord.parse(next(iter(batch)).key) == ABORT_MARKER)


def _next_offset(headers: NDArray[np.void], from_offset: int) -> int:
    if not len(headers):
        return from_offset
    return max(from_offset, int(headers["base_offset"][-1] + headers["last_offset_delta"][-1]) + 1)


def _sections(
    buffer: NDArray[np.uint8], positions: NDArray[np.int64], headers: NDArray[np.void]
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Return where each batch's records begin and end; compressed batches are unpacked into a new buffer."""
    start = positions + fmt.HEADER_BYTES
    end = positions + fmt.BEFORE_LENGTH_ENDS + headers["length"].astype(np.int64)
    codecs = headers["attributes"] & fmt.CODEC_MASK
    if not np.any(codecs):
        return buffer, start, end
    parts = [
        _DECOMPRESS[int(code)](buffer[a:b].tobytes()) if code else buffer[a:b].tobytes()
        for code, a, b in zip(codecs, start, end, strict=True)
    ]
    end = np.cumsum([len(part) for part in parts], dtype=np.int64)
    start = np.concatenate([np.zeros(1, np.int64), end[:-1]])
    return np.frombuffer(b"".join(parts), np.uint8), start, end


def _records(
    buffer: NDArray[np.uint8],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    headers: NDArray[np.void],
    from_offset: int,
    next_offset: int,
) -> Records:
    native = {name: headers[name].astype(np.int64) for name in ("base_offset", "record_count")}
    appended = (headers["attributes"] & fmt.LOG_APPEND_TIME) != 0
    stamps = np.where(appended, headers["max_timestamp"], headers["first_timestamp"]).astype(np.int64)
    out, found = parse_records(
        buffer, start, end, native["base_offset"], stamps, appended, native["record_count"], from_offset
    )
    if found < 0:
        raise CorruptRecordException("a record does not fit its batch")
    out = out[:, :found]
    return Records(
        offset=out[0],
        timestamp=out[1],
        keys=ByteStrings(buffer, out[2], out[3]),
        values=ByteStrings(buffer, out[4], out[5]),
        next_offset=next_offset,
    )
