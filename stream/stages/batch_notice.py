"""Announce each batch of the first stage, so that the return stage knows when a batch is complete."""

import msgspec

from contracts.seal import Seal
from contracts.stage_batch import NOTICE_KEY, BatchNotice, ForeignBatch
from contracts.undecodable import UNDECODABLE
from features.byte_strings import ByteStrings
from stream.partition.stage import Output
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.writer import EncodedBatch

_PAST_OFFSETS = 1 << 63


class BatchNotices:
    """Builds notices for the partition of `topic` with the number of the batch's own."""

    def __init__(self, topic: str, seal: Seal) -> None:
        self._topic = topic
        self._seal = seal

    def output_for(self, fetched: FetchedBatch, rows: int) -> Output:
        notice = BatchNotice(fetched.fetch_offset, fetched.next_offset, rows)
        value, number = msgspec.msgpack.encode(notice), fetched.partition.partition
        values = ByteStrings.from_list([value + self._seal.of(self._topic, number, value)])
        return Output(self._topic, number, EncodedBatch(ByteStrings.from_list([NOTICE_KEY]), values))


def read_notice(value: memoryview | bytes) -> BatchNotice:
    """Read the value of a notice.

    Raises:
        ForeignBatch: it is not a notice, or one of an impossible batch.
    """
    try:
        notice = msgspec.msgpack.decode(value, type=BatchNotice)
    except UNDECODABLE as error:
        raise ForeignBatch(f"not a notice: {error}") from error
    if (
        not 0 <= notice.begin < notice.end < _PAST_OFFSETS
        or not 0 <= notice.rows <= notice.end - notice.begin
    ):
        raise ForeignBatch("a notice of an impossible batch")
    return notice
