"""Announce each batch of the first stage, so that the return stage knows when a batch is complete."""

import msgspec
import numpy as np

from contracts.stage_batch import NOTICE_KEY, BatchNotice
from features.byte_strings import ByteStrings
from stream.partition.stage import Output
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.writer import EncodedBatch


class BatchNotices:
    """Builds notices for the partition of `topic` with the number of the batch's own."""

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def output_for(self, fetched: FetchedBatch, rows: int) -> Output:
        notice = BatchNotice(fetched.fetch_offset, fetched.next_offset, rows)
        values = ByteStrings.from_list([msgspec.msgpack.encode(notice)])
        batch = EncodedBatch(ByteStrings.from_list([NOTICE_KEY]), values)
        return Output(self._topic, fetched.partition.partition, batch)


def split_notices(fetched: FetchedBatch) -> tuple[list[tuple[int, BatchNotice]], np.ndarray]:
    """Return the notices of a batch with their offsets, and a mask of the records that are batches."""
    is_batch = fetched.records.keys.start < 0
    at = np.flatnonzero(~is_batch)
    values = fetched.values.take(at).to_list()
    notices = [msgspec.msgpack.decode(value or b"", type=BatchNotice) for value in values]
    return list(zip(fetched.records.offset[at].tolist(), notices, strict=True)), is_batch
