"""A round takes the batches of a poll through all stages, in memory where it can."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, cast

import numpy as np
import pytest
from aiokafka import TopicPartition

from features.byte_strings import ByteStrings
from stream.partition.round import Round, Rounds
from stream.partition.stage import Output, Resume, Work
from stream.partition.worker import PartitionWorker
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.reader import Records
from stream.wire.writer import EncodedBatch

CARDS, HOP, RETURNED, SCORES = "transactions", "hop-merchant", "returned", "scores"
TOPICS = (CARDS, HOP, RETURNED)


def output(topic: str, *values: bytes, partition: int = 0, key: bytes | None = None) -> Output:
    keys = None if key is None else ByteStrings.from_list([key] * len(values))
    return Output(topic, partition, EncodedBatch(keys, ByteStrings.from_list(list(values))))


class Passing:
    """A stage that passes its records on to the next; the first sends a notice to the last, too."""

    following: ClassVar = {CARDS: HOP, HOP: RETURNED, RETURNED: SCORES}

    def __init__(self, partition: TopicPartition) -> None:
        self.partition = partition
        self.seen: list[FetchedBatch] = []
        self.discarded: list[Work] = []
        self.fails: Exception | None = None

    async def ready(self) -> None: ...

    async def recover(self, committed: Resume | None, earliest: int) -> int:
        return committed.offset if committed else earliest

    @classmethod
    def work_together(cls, parts: Sequence[tuple[Passing, FetchedBatch]]) -> list[Work]:
        return [stage._work(fetched) for stage, fetched in parts]

    def _work(self, fetched: FetchedBatch) -> Work:
        if self.fails is not None:
            raise self.fails
        self.seen.append(fetched)
        topic, number = self.partition
        values = [value or b"" for value in fetched.values.to_list()]
        outputs = [output(self.following[topic], *values, partition=number)]
        if topic == CARDS:
            outputs.append(output(RETURNED, b"notice", partition=number, key=b"span"))
        return Work(outputs, None, Resume(fetched.next_offset), len(values))

    def discard(self, work: Work) -> None:
        self.discarded.append(work)

    def publish(self, work: Work) -> None: ...

    def checkpoint(self, position: int, *, due_only: bool) -> Sequence[Output]:
        return []

    def checkpointed(self) -> None: ...


class Nothing:
    """A broker that has nothing, and a committer that is not asked."""

    async def committed(self, partition: TopicPartition) -> Resume | None:
        return None

    async def earliest(self, partition: TopicPartition) -> int:
        return 0

    async def start(self) -> None: ...


class Pipeline:
    """Partition 0 and 1 of each stage; those of `behind` have not read their log."""

    def __init__(self, behind: Sequence[TopicPartition] = ()) -> None:
        self.stages = {
            at: Passing(at) for topic in TOPICS for at in (TopicPartition(topic, 0), TopicPartition(topic, 1))
        }
        self.workers = {at: self._worker(at) for at in self.stages}
        self._behind = behind

    def _worker(self, at: TopicPartition) -> PartitionWorker:
        nothing: Any = Nothing()

        async def seek(partition: TopicPartition, offset: int) -> None: ...

        return PartitionWorker(at, cast(Any, self.stages[at]), nothing, nothing, seek, lambda at, work: None)

    async def taken_over(self) -> None:
        for worker in self.workers.values():
            await worker.take_over(asyncio.Event())
        self.note_all_read()

    def note_all_read(self) -> None:
        for at, worker in self.workers.items():
            worker.note_written(None if at in self._behind else 0)

    async def round(self, *fetched: FetchedBatch, handed_over: bool = True) -> Round:
        admitted = [(self.workers[one.partition], one) for one in fetched]
        for worker, one in admitted:
            assert await worker.admit(one)
        return await Rounds(TOPICS, marks=False).work(admitted, self.workers if handed_over else {})


def from_log(topic: str, *values: bytes, partition: int = 0) -> FetchedBatch:
    offsets, found = np.arange(len(values)), ByteStrings.from_list(list(values))
    nothing = ByteStrings.from_list([None] * len(values))
    return FetchedBatch(
        TopicPartition(topic, partition), 0, Records(offsets, offsets, nothing, found, len(values))
    )


def played(pipeline: Pipeline, *fetched: FetchedBatch, handed_over: bool = True) -> Round:
    async def story() -> Round:
        await pipeline.taken_over()
        return await pipeline.round(*fetched, handed_over=handed_over)

    return asyncio.run(story())


def written(made: Round, topic: str) -> list[tuple[int, list[bytes | None]]]:
    return [(o.partition, o.batch.values.to_list()) for o in made.outputs if o.topic == topic]


def test_a_batch_passes_all_stages_in_one_round() -> None:
    made = played(Pipeline(), from_log(CARDS, b"a", b"b"))
    assert written(made, HOP) == [(0, [b"a", b"b"])]
    assert written(made, SCORES) == [(0, [b"notice", b"a", b"b"])]
    assert made.places == {
        TopicPartition(CARDS, 0): Resume(2),
        TopicPartition(HOP, 0): Resume(2),
        TopicPartition(RETURNED, 0): Resume(3),
    }
    assert made.expected == {TopicPartition(HOP, 0): 0, TopicPartition(RETURNED, 0): 0}
    assert not made.left_behind


def test_notices_wait_for_the_rows_of_the_stage_before_and_come_first() -> None:
    pipeline = Pipeline()
    played(pipeline, from_log(CARDS, b"row"))
    (returned,) = pipeline.stages[TopicPartition(RETURNED, 0)].seen
    assert returned.records.keys.to_list() == [b"span", None]
    assert returned.records.offset.tolist() == [0, 1]


def test_a_batch_is_only_written_where_the_stage_has_not_come_so_far() -> None:
    behind = TopicPartition(HOP, 0)
    pipeline = Pipeline(behind=[behind])
    made = played(pipeline, from_log(CARDS, b"a"), from_log(CARDS, b"b", partition=1))
    assert made.left_behind == [behind]
    assert not pipeline.stages[behind].seen
    assert written(made, HOP) == [(0, [b"a"]), (1, [b"b"])]
    assert written(made, SCORES) == [(0, [b"notice"]), (1, [b"notice", b"b"])]


def test_nothing_is_handed_over_to_partitions_of_other_workers() -> None:
    made = played(Pipeline(), from_log(CARDS, b"a"), handed_over=False)
    assert list(made.places) == [TopicPartition(CARDS, 0)]
    assert not made.expected
    assert not made.left_behind


def test_batches_of_several_stages_share_a_round() -> None:
    made = played(Pipeline(), from_log(HOP, b"h"), from_log(CARDS, b"c"), handed_over=False)
    assert written(made, RETURNED) == [(0, [b"notice", b"h"])]
    assert made.places == {TopicPartition(CARDS, 0): Resume(1), TopicPartition(HOP, 0): Resume(1)}


def test_batches_of_one_partition_that_stayed_apart_arrive_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.partition.stage.JOINED_BYTES", 1)
    pipeline = Pipeline()
    made = played(pipeline, from_log(CARDS, b"row"))
    assert written(made, RETURNED) == [(0, [b"notice"]), (0, [b"row"])]
    (returned,) = pipeline.stages[TopicPartition(RETURNED, 0)].seen
    assert (returned.fetch_offset, returned.next_offset) == (0, 2)


def test_an_error_in_a_later_stage_frees_every_partition_and_drops_the_work() -> None:
    pipeline = Pipeline()
    pipeline.stages[TopicPartition(HOP, 0)].fails = KeyError("a bug")

    async def story() -> None:
        await pipeline.taken_over()
        with pytest.raises(KeyError, match="a bug"):
            await pipeline.round(from_log(CARDS, b"a"))
        for worker in pipeline.workers.values():
            await asyncio.wait_for(worker.settled(), 60.0)

    asyncio.run(story())
    assert len(pipeline.stages[TopicPartition(CARDS, 0)].discarded) == 1
