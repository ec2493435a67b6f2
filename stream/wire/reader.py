"""Read a fetched partition: from bytes to columns of record positions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from aiokafka.errors import CorruptRecordException
from aiokafka.record.control_record import ABORT_MARKER, ControlRecord
from aiokafka.record.default_records import DefaultRecordBatch
from crc32c import crc32c
from numpy.typing import NDArray

from contracts.dead_letter import UNREADABLE
from features.byte_strings import ByteStrings
from stream.wire import batch_format as fmt
from stream.wire.reader_kernels import index_batches, parse_records
from stream.wire.refused import Refused
from stream.wire.sections import Sections, read_sections, refused_batch
from stream.wire.unpacking import DEFAULT_MOST_BYTES

AbortedTransaction: TypeAlias = tuple[int, int]  # producer id, first offset


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
    data: bytes,
    *,
    from_offset: int,
    aborted: Sequence[AbortedTransaction] = (),
    check_crc: bool = True,
    most_bytes: int = DEFAULT_MOST_BYTES,
) -> Records:
    """Read the whole batches in `data`; leave out control batches and aborted transactions.

    A batch that cannot be read is skipped and named in `refused`. Reading stops early, before the batch that
    would exceed a limit together with those before it; the next fetch begins there.

    Args:
        data: one fetched partition.
        from_offset: first offset wanted.
        aborted: producer and first offset of each aborted transaction.
        check_crc: whether checksums are compared.
        most_bytes: largest size of compressed batches after decompression.

    Raises:
        CorruptRecordException: a batch is not format v2, or its checksum differs.
    """
    buffer = np.frombuffer(data, np.uint8)
    positions = index_batches(buffer)
    headers = _headers(buffer, positions)
    _check(data, positions, headers, check_crc)
    last = headers["base_offset"].astype(np.int64) + headers["last_offset_delta"]
    wanted = _committed(data, positions, headers, aborted) & (last >= from_offset)
    sections = read_sections(buffer, positions[wanted], headers[wanted], from_offset, most_bytes)
    next_offset = _next_offset(headers, from_offset) if sections.cut is None else sections.cut
    return _records(sections, from_offset, next_offset)


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


def _records(sections: Sections, from_offset: int, next_offset: int) -> Records:
    refused = list(sections.refused)
    out = _parsed(sections, from_offset)
    if out is None:
        fits = [_parsed(sections.take([i]), from_offset) is not None for i in range(len(sections.headers))]
        unfit = sections.headers[~np.array(fits)]
        refused += [refused_batch(header, UNREADABLE, "a record does not fit its batch") for header in unfit]
        sections = sections.take(np.flatnonzero(fits))
        out = _parsed(sections, from_offset)
    if out is None:
        raise CorruptRecordException("records that fit their batches one by one do not fit together")
    return Records(
        offset=out[0],
        timestamp=out[1],
        keys=ByteStrings(sections.buffer, out[2], out[3]),
        values=ByteStrings(sections.buffer, out[4], out[5]),
        next_offset=next_offset,
        refused=tuple(refused),
    )


def _parsed(sections: Sections, from_offset: int) -> NDArray[np.int64] | None:
    """Return the columns of the records; None where a record does not fit its batch."""
    headers = sections.headers
    native = {name: headers[name].astype(np.int64) for name in ("base_offset", "record_count")}
    appended = (headers["attributes"] & fmt.LOG_APPEND_TIME) != 0
    stamps = np.where(appended, headers["max_timestamp"], headers["first_timestamp"]).astype(np.int64)
    out, found = parse_records(
        sections.buffer, sections.start, sections.end,
        native["base_offset"], stamps, appended, native["record_count"], from_offset,
    )  # fmt: skip
    return None if found < 0 else out[:, :found]
