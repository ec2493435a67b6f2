"""Parts of batches arrive in any order and repeatedly; transactions leave in order and once."""

from typing import TypeAlias

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from contracts.stage_batch import EVERY_BATCH, BatchNotice, LostRows
from stream.stages.resequence import Waiting

SCHEMA = pa.schema([("source_offset", pa.int64()), ("batch_end", pa.int64())])
Content: TypeAlias = BatchNotice | pa.RecordBatch
Event = tuple[int, Content]  # offset of the record, and its content


def rows(offsets: list[int], batch_end: int) -> pa.RecordBatch:
    columns = [pa.array(offsets, pa.int64()), pa.array([batch_end] * len(offsets), pa.int64())]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


@st.composite
def interleaved_ways(draw: st.DrawFn) -> tuple[list[Event], list[int]]:
    """Draw batches split over two ways. Each way and the notices keep their order but interleave."""
    notices: list[Content] = []
    ways: tuple[list[Content], list[Content]] = ([], [])
    expected: list[int] = []
    begin = draw(st.integers(0, 5))
    for _ in range(draw(st.integers(1, 6))):
        end = begin + draw(st.integers(1, 8))
        kept = sorted(draw(st.sets(st.integers(begin, end - 1))))  # the others are dead letters or markers
        expected += kept
        notices.append(BatchNotice(begin, end, len(kept)))
        way_of = [draw(st.integers(0, 1)) for _ in kept]
        for way in (0, 1):
            part = [offset for offset, chosen in zip(kept, way_of, strict=True) if chosen == way]
            if part:
                ways[way].append(rows(part, end))
        begin = end
    queues = [queue for queue in (notices, *ways) if queue]
    events: list[Event] = []
    while queues:
        queue = draw(st.sampled_from(queues))
        events.append((100 + len(events), queue.pop(0)))
        queues = [queue for queue in queues if queue]
    return events, expected


def feed(waiting: Waiting, events: list[Event]) -> tuple[list[int], Waiting]:
    """Feed the events one by one; return the released offsets in order."""
    left: list[int] = []
    for at, content in events:
        notices = [(at, content)] if isinstance(content, BatchNotice) else []
        part = rows([], 0) if isinstance(content, BatchNotice) else content
        waiting = waiting.with_arrived(notices, part, np.full(part.num_rows, at))
        ready, waiting = complete_of(waiting)
        left += ready
    return left, waiting


def complete_of(waiting: Waiting) -> tuple[list[int], Waiting]:
    """Return the offsets of the transactions that are complete, in order, and the state that waits."""
    ready, rest = waiting.take_complete()
    return waiting.rows["source_offset"].to_numpy()[ready].tolist(), rest


@given(interleaved_ways())
def test_everything_leaves_once_and_in_order(case: tuple[list[Event], list[int]]) -> None:
    events, expected = case
    left, waiting = feed(Waiting.nothing(SCHEMA), events)
    assert left == expected
    assert waiting.rows.num_rows == 0
    assert waiting.first_needed(otherwise=-7) == -7


@given(interleaved_ways(), st.data())
def test_after_a_crash_anywhere_reading_again_completes_it(
    case: tuple[list[Event], list[int]], data: st.DataObject
) -> None:
    events, expected = case
    crash = data.draw(st.integers(0, len(events)))
    left, waiting = feed(Waiting.nothing(SCHEMA), events[:crash])
    resume = waiting.first_needed(otherwise=100 + crash)
    again = Waiting.nothing(SCHEMA, waiting.emitted)
    left += feed(again, [event for event in events if event[0] >= resume])[0]
    assert left == expected


@given(interleaved_ways(), st.integers(1, 20))
def test_a_batch_sent_twice_and_longer_the_second_time_leaves_once(
    case: tuple[list[Event], list[int]], longer: int
) -> None:
    events, expected = case
    notices = [content for _, content in events if isinstance(content, BatchNotice)]
    begin = max(notice.begin for notice in notices)
    end = max(notice.end for notice in notices) + longer
    repeated = [offset for offset in expected if offset >= begin]
    again = [*repeated, *range(end - longer, end)]
    events = [*events, (900, rows(again, end)), (901, BatchNotice(begin, end, len(again)))]
    left, _ = feed(Waiting.nothing(SCHEMA), events)
    assert left == [*expected, *range(end - longer, end)]


def test_a_batch_is_complete_without_the_transactions_that_are_lost() -> None:
    waiting = Waiting.nothing(SCHEMA)
    waiting = waiting.with_arrived([(1, BatchNotice(0, 3, 3))], rows([0, 2], 3), np.array([2, 2]))
    ready, waiting = complete_of(waiting)
    assert ready == []
    lost = [(5, LostRows(3, 1))]
    ready, waiting = complete_of(waiting.with_arrived([], rows([], 3), np.empty(0, np.int64), lost))
    assert ready == [0, 2]
    assert waiting.lost == ()


def test_batches_before_an_unknown_loss_leave_with_what_has_arrived_and_later_ones_wait() -> None:
    waiting = Waiting.nothing(SCHEMA)
    notices = [(1, BatchNotice(0, 3, 3)), (9, BatchNotice(3, 6, 3))]
    waiting = waiting.with_arrived(notices, rows([1], 3), np.array([2]), [(5, LostRows(EVERY_BATCH, 0))])
    ready, waiting = complete_of(waiting.with_arrived([], rows([3], 6), np.array([10])))
    assert ready == [1]
    assert waiting.first_needed(99) == 9


def test_a_batch_that_is_announced_right_after_deleted_records_is_whole() -> None:
    waiting = Waiting.nothing(SCHEMA, 3).torn_before(4)
    ready, waiting = complete_of(
        waiting.with_arrived([(4, BatchNotice(3, 6, 2))], rows([3], 6), np.array([5]))
    )
    assert ready == []
    ready, _ = complete_of(waiting.with_arrived([], rows([5], 6), np.array([6])))
    assert ready == [3, 5]
