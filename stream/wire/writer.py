"""Write one record batch from columns, in the shape that aiokafka's producer sends."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from aiokafka.producer.message_accumulator import BatchBuilder
from crc32c import crc32c

from features.byte_strings import NULL, ByteStrings
from stream.wire import batch_format as fmt
from stream.wire.writer_kernels import records_size, write_records


class EncodedBatch(BatchBuilder):
    """A finished batch of n records.

    Id, epoch and sequence of the producer are known only when it sends, so these and the checksum are written
    last. It replaces aiokafka's `BatchBuilder`, which appends record by record.

    Args:
        keys: n keys, or None for none at all.
        values: n values.
        timestamp: milliseconds since 1970, one for all records; now, where None.
        contents: what each value was encoded from, where a later stage of this process can use it; it then
            need not decode the value.
    """

    def __init__(
        self,
        keys: ByteStrings | None,
        values: ByteStrings,
        timestamp: int | None = None,
        contents: Sequence[Any] = (),
    ) -> None:
        self.keys = keys
        self.contents = contents or [None] * len(values)
        self.values = values
        self.nbytes = values.nbytes + (keys.nbytes if keys else 0)
        self._buffer: bytearray | None = None
        self.timestamp = int(time.time() * 1000) if timestamp is None else timestamp
        self._producer = (-1, -1, -1)
        self._transactional = False
        self._finished = False

    @classmethod
    def joined(cls, batches: Sequence["EncodedBatch"]) -> "EncodedBatch":
        """Return one batch with the records of all, in order."""
        keys = None
        if any(batch.keys is not None for batch in batches):
            keys = concatenated([batch.keys or nulls(len(batch.values)) for batch in batches])
        contents = [one for batch in batches for one in batch.contents]
        return cls(keys, concatenated([batch.values for batch in batches]), contents=contents)

    def append(self, **_: Any) -> None:
        """Ignore further records: the batch is closed."""

    def close(self) -> None:
        """Do nothing: the batch is closed."""

    def closed(self) -> bool:
        return True

    def size(self) -> int:
        return len(self._encoded())

    def record_count(self) -> int:
        return len(self.values)

    def _set_producer_state(
        self, producer_id: int, producer_epoch: int, base_sequence: int, *, transactional: bool = False
    ) -> None:
        """Set who sends the batch; aiokafka's own producer calls this where it sends idempotently."""
        self._producer = (producer_id, producer_epoch, base_sequence)
        self._transactional = transactional
        self._finished = False  # a batch sent again by another producer is another batch

    def _build(self) -> bytearray:
        buffer = self._encoded()
        if not self._finished:
            self._write_header(buffer)
            self._finished = True
        return buffer

    def _encoded(self) -> bytearray:
        """Return the bytes; they are made late, since batches are joined first."""
        if self._buffer is None:
            self._buffer = _encode(self.keys, self.values)
        return self._buffer

    def _write_header(self, buffer: bytearray) -> None:
        """Write the header in place, so that the records are not copied again."""
        producer_id, epoch, sequence = self._producer
        header = np.frombuffer(buffer, fmt.HEADER, 1)
        header["length"] = len(buffer) - fmt.BEFORE_LENGTH_ENDS
        header["leader_epoch"] = -1
        header["magic"] = fmt.MAGIC
        header["attributes"] = fmt.TRANSACTIONAL if self._transactional else 0
        header["last_offset_delta"] = len(self.values) - 1
        header["first_timestamp"] = header["max_timestamp"] = self.timestamp
        header["producer_id"], header["producer_epoch"] = producer_id, epoch
        header["base_sequence"], header["record_count"] = sequence, len(self.values)
        header["crc"] = crc32c(memoryview(buffer)[fmt.CRC_FROM :])


def concatenated(parts: Sequence[ByteStrings]) -> ByteStrings:
    """Return the strings of all parts over one new buffer."""
    parts = [part if part.nbytes * 2 >= len(part.buffer) else part.gather() for part in parts]
    begin = np.cumsum([0, *(len(part.buffer) for part in parts[:-1])])
    shift = np.repeat(begin, [len(part) for part in parts])
    start = np.concatenate([part.start for part in parts])
    end = np.concatenate([part.end for part in parts])
    null = start == NULL
    buffer = np.concatenate([part.buffer for part in parts])
    return ByteStrings(buffer, np.where(null, NULL, start + shift), np.where(null, NULL, end + shift))


def nulls(n: int) -> ByteStrings:
    """Return n nulls: no keys, or tombstones."""
    return ByteStrings(np.empty(0, np.uint8), np.full(n, NULL, np.int64), np.full(n, NULL, np.int64))


def _encode(keys: ByteStrings | None, values: ByteStrings) -> bytearray:
    """Return room for the header, and the records after it."""
    if keys is None:
        keys = nulls(len(values))
    buffer = bytearray(fmt.HEADER_BYTES + records_size(keys.start, keys.end, values.start, values.end))
    records = np.frombuffer(buffer, np.uint8)[fmt.HEADER_BYTES :]
    write_records(records, keys.buffer, keys.start, keys.end, values.buffer, values.start, values.end)
    return buffer
