"""What the first hop says of each span, so that the end of the chain knows when it has all of it."""

from typing import Final

import msgspec
import numpy as np

from features.spans import ByteSpans
from stream.partition.output import Output
from stream.transport.span import Span
from stream.wire.writer import EncodedBatch

# Batches travel without a key.
NOTICE_KEY: Final = b"span"


class SpanNotice(msgspec.Struct, frozen=True, array_like=True):
    """A span of `transactions` and how many of its records are on their way.

    Attributes:
        begin, end: offsets of the span, end not included.
        rows: transactions decoded; the others are dead letters.
    """

    begin: int
    end: int
    rows: int


class SpanNotices:
    """Sends notices to the partition, in `topic`, that the span came from."""

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def of(self, span: Span, rows: int) -> Output:
        notice = SpanNotice(span.fetch_offset, span.next_offset, rows)
        values = ByteSpans.from_list([msgspec.msgpack.encode(notice)])
        batch = EncodedBatch(ByteSpans.from_list([NOTICE_KEY]), values)
        return Output(self._topic, span.partition.partition, batch)


def split_notices(span: Span) -> tuple[list[tuple[int, SpanNotice]], np.ndarray]:
    """The notices of a span with their offsets, and a mask of the records that are batches."""
    is_batch = span.records.keys.start < 0
    at = np.flatnonzero(~is_batch)
    values = span.values.take(at).to_list()
    notices = [msgspec.msgpack.decode(value or b"", type=SpanNotice) for value in values]
    return list(zip(span.records.offset[at].tolist(), notices, strict=True)), is_batch
