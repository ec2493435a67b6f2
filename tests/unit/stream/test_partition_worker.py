"""A partition through commits that succeed, fail, or leave one in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from features.byte_strings import ByteStrings
from stream.partition.commit import CommitUncertain, PartitionLost
from stream.partition.round import Round, Rounds
from stream.partition.stage import Output, Resume, Work
from stream.partition.worker import PartitionWorker
from stream.transport import patience
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.reader import Records
from stream.wire.writer import EncodedBatch

PARTITION = TopicPartition("transactions", 0)


class Log:
    """The broker's side: the committed place, and the visible outputs."""

    def __init__(self) -> None:
        self.place: Resume | None = None
        self.visible: list[str] = []
        self.begins = 0

    async def committed(self, partition: TopicPartition) -> Resume | None:
        return self.place

    async def earliest(self, partition: TopicPartition) -> int:
        return self.begins


class Committer:
    """Commits at once. Errors in `fails` are raised one by one, before or after the commit takes effect."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.fails: list[tuple[Exception, bool]] = []
        self.starts = 0

    async def start(self) -> None:
        self.starts += 1

    async def stop(self) -> None: ...

    async def commit(self, outputs: Sequence[Output], place: Resume | None) -> None:
        error, took_effect = self.fails.pop(0) if self.fails else (None, True)
        if took_effect:
            self.log.visible += [output.topic for output in outputs]
            self.log.place = place or self.log.place
        if error is not None:
            raise error


class Summing:
    """A stage whose state is the list of offsets that it has processed."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.recovered: list[Resume | None] = []
        self.skipped: list[tuple[int, int]] = []
        self.fails: list[Exception] = []
        self.base = asyncio.Event()
        self.base.set()

    async def ready(self) -> None:
        await self.base.wait()

    async def recover(self, committed: Resume | None, earliest: int) -> int:
        if self.fails:
            raise self.fails.pop()
        self.recovered.append(committed)
        self.offsets = list(range(committed.offset)) if committed else []
        return committed.offset if committed else earliest

    def skip(self, first: int, end: int) -> None:
        self.skipped.append((first, end))

    def work(self, fetched: FetchedBatch) -> Work:
        new = fetched.records.offset.tolist()
        output = Output(f"out-{new[0]}", 0, EncodedBatch(None, ByteStrings.from_list([b"x"])))
        return Work([output], new, Resume(fetched.next_offset), len(new))

    @classmethod
    def work_together(cls, parts: Sequence[tuple[Summing, FetchedBatch]]) -> list[Work]:
        return [stage.work(fetched) for stage, fetched in parts]

    def publish(self, work: Work) -> None:
        self.offsets += work.change

    def discard(self, work: Work) -> None: ...

    def checkpoint(self, position: int, *, due_only: bool) -> Sequence[Output]:
        return []

    def checkpointed(self) -> None: ...


class Setup:
    """A worker, its stage and its broker."""

    def __init__(self) -> None:
        self.log, self.stage, self.seeks = Log(), Summing(), list[int]()
        self.committer = Committer(self.log)
        self.worker = PartitionWorker(
            PARTITION, self.stage, self.committer, self.log, self._seek, lambda partition, work: None
        )

    async def _seek(self, partition: TopicPartition, offset: int) -> None:
        self.seeks.append(offset)


def fetched_batch(first: int, end: int) -> FetchedBatch:
    nothing = ByteStrings.from_list([b""] * (end - first))
    offsets = np.arange(first, end)
    return FetchedBatch(PARTITION, first, Records(offsets, offsets, nothing, nothing, end))


async def taken_over() -> Setup:
    setup = Setup()
    await setup.worker.take_over(asyncio.Event())
    return setup


async def begun(setup: Setup, fetched: FetchedBatch) -> Round:
    """Work on an admitted batch."""
    rounds = Rounds([PARTITION.topic], marks=True)
    return await rounds.work([(setup.worker, fetched)], {})


async def process(setup: Setup, fetched: FetchedBatch) -> bool:
    """Take a batch through a round of its own; return whether it is committed."""
    if not await setup.worker.admit(fetched):
        return False
    made, failure = await begun(setup, fetched), None
    try:
        await setup.committer.commit(made.outputs, made.places[PARTITION])
    except (CommitUncertain, PartitionLost) as error:
        failure = error
    return await setup.worker.conclude(made.parts[0].done, failure)


def test_spans_are_committed_and_then_taken_up() -> None:
    async def story() -> None:
        setup = await taken_over()
        await process(setup, fetched_batch(0, 3))
        await process(setup, fetched_batch(3, 5))
        assert setup.stage.offsets == [0, 1, 2, 3, 4]
        assert setup.log.place == Resume(5)
        assert setup.log.visible == ["out-0", "out-3"]

    asyncio.run(story())


@pytest.mark.parametrize("took_effect", [True, False])
def test_a_commit_in_doubt_is_settled_by_the_committed_place(took_effect: bool) -> None:
    async def story() -> None:
        setup = await taken_over()
        setup.committer.fails = [(CommitUncertain("no answer"), took_effect)]
        assert await process(setup, fetched_batch(0, 3)) == took_effect
        assert setup.stage.offsets == ([0, 1, 2] if took_effect else [])
        assert await process(setup, fetched_batch(0, 3)) != took_effect  # read again if it did not happen
        assert setup.log.visible == ["out-0"]
        assert setup.stage.offsets == [0, 1, 2]

    asyncio.run(story())


def test_a_lost_partition_leaves_no_trace_and_is_recovered_when_it_comes_back() -> None:
    async def story() -> None:
        setup = await taken_over()
        await process(setup, fetched_batch(0, 3))
        setup.committer.fails = [(PartitionLost("fenced"), False)]
        with pytest.raises(PartitionLost):
            await process(setup, fetched_batch(3, 5))
        assert setup.stage.offsets == [0, 1, 2]
        setup.log.place = Resume(9)  # the other owner continued
        await setup.worker.take_over(asyncio.Event())
        assert setup.stage.offsets == list(range(9))
        assert setup.seeks[-1] == 9

    asyncio.run(story())


def test_a_partition_that_comes_back_untouched_is_not_recovered_again() -> None:
    async def story() -> None:
        setup = await taken_over()
        await process(setup, fetched_batch(0, 3))
        await setup.worker.hand_back()
        await setup.worker.take_over(asyncio.Event())
        assert setup.stage.recovered == [None]
        assert setup.seeks[-1] == 3

    asyncio.run(story())


def test_a_batch_from_another_place_is_not_processed_but_fetched_anew() -> None:
    async def story() -> None:
        setup = await taken_over()
        await process(setup, fetched_batch(4, 6))
        assert setup.stage.offsets == []
        assert setup.seeks[-1] == 0

    asyncio.run(story())


def test_doubt_about_a_place_that_somebody_else_moved_means_the_partition_is_lost() -> None:
    async def story() -> None:
        setup = await taken_over()
        setup.committer.fails = [(CommitUncertain("no answer"), False)]
        setup.log.place = Resume(77)
        with pytest.raises(PartitionLost):
            await process(setup, fetched_batch(0, 3))
        assert setup.stage.offsets == []

    asyncio.run(story())


def test_a_wait_for_a_base_that_outlasts_the_ownership_fences_nobody() -> None:
    async def story() -> None:
        setup, rebalanced = Setup(), asyncio.Event()
        setup.stage.base.clear()
        waiting = asyncio.create_task(setup.worker.take_over(rebalanced))
        await asyncio.sleep(0)
        rebalanced.set()
        await setup.worker.hand_back()
        setup.stage.base.set()
        await waiting
        assert (setup.committer.starts, setup.seeks) == (0, [])

    asyncio.run(story())


def test_a_broker_that_goes_away_during_the_recovery_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "RETRY_S", 0.0)

    async def story() -> None:
        setup = Setup()
        setup.log.place = Resume(3)
        setup.stage.fails = [KafkaConnectionError("away")]
        await setup.worker.take_over(asyncio.Event())
        assert setup.stage.offsets == [0, 1, 2]
        assert setup.seeks == [3]

    asyncio.run(story())


def test_a_place_that_retention_has_passed_is_skipped_to_the_first_offset_there_is() -> None:
    async def story() -> None:
        setup = Setup()
        setup.log.place, setup.log.begins = Resume(3), 10
        await setup.worker.take_over(asyncio.Event())
        assert (setup.stage.skipped, setup.seeks) == ([(3, 10)], [10])
        await process(setup, fetched_batch(10, 12))
        assert setup.log.place == Resume(12)

    asyncio.run(story())


def test_records_deleted_before_a_slow_worker_read_them_are_skipped_too() -> None:
    async def story() -> None:
        setup = await taken_over()
        await process(setup, fetched_batch(0, 3))
        setup.log.begins = 10
        await process(setup, fetched_batch(10, 12))  # where the consumer continues by itself
        assert (setup.stage.skipped, setup.seeks[-1]) == ([(3, 10)], 10)
        await process(setup, fetched_batch(10, 12))
        assert setup.log.place == Resume(12)

    asyncio.run(story())


async def takes_in_memory(setup: Setup, offset: int | None, *, marks: bool = True) -> None:
    """Assert the offset at which the partition takes what is about to be written."""
    found = await setup.worker.admit_next_written(marks=marks)
    assert found == offset
    if found is not None:
        setup.worker.abandon(None)


def test_nothing_is_taken_in_memory_before_the_partition_has_read_what_was_written() -> None:
    async def story() -> None:
        setup = await taken_over()
        await takes_in_memory(setup, None)  # a former owner may have written more
        setup.worker.note_written(3)
        await takes_in_memory(setup, None)
        await process(setup, fetched_batch(0, 3))
        await takes_in_memory(setup, 3, marks=False)
        setup.worker.note_written(None)
        await takes_in_memory(setup, None)

    asyncio.run(story())


def test_the_marker_of_the_last_commit_uses_an_offset_unless_it_is_read_already() -> None:
    async def story() -> None:
        setup = await taken_over()
        setup.worker.note_written(3)
        await process(setup, fetched_batch(0, 3))
        await takes_in_memory(setup, 4)
        marker = fetched_batch(3, 3)
        assert await setup.worker.admit(marker)
        setup.worker.pass_over(4)
        await takes_in_memory(setup, 4)

    asyncio.run(story())


def test_a_partition_at_work_takes_nothing_in_memory() -> None:
    async def story() -> None:
        setup = await taken_over()
        setup.worker.note_written(0)
        assert await setup.worker.admit(fetched_batch(0, 3))
        assert await setup.worker.admit_next_written(marks=True) is None

    asyncio.run(story())


def test_a_commit_in_doubt_ends_the_handing_over_until_the_log_is_read() -> None:
    async def story() -> None:
        setup = await taken_over()
        setup.worker.note_written(0)
        setup.committer.fails = [(CommitUncertain("no answer"), False)]
        assert not await process(setup, fetched_batch(0, 3))
        await takes_in_memory(setup, None)

    asyncio.run(story())
