"""A partition through commits that succeed, fail, or leave one in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from features.byte_strings import ByteStrings
from stream.partition import patience
from stream.partition.commit import CommitUncertain, PartitionLost
from stream.partition.stage import Output, Resume, Work
from stream.partition.worker import PartitionWorker, Received, work_received
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.reader import Records

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
        output = Output(f"out-{new[0]}", 0, None)  # type: ignore[arg-type]  # nothing here sends it
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


def test_spans_are_committed_and_then_taken_up() -> None:
    async def story() -> None:
        setup = await taken_over()
        await setup.worker.process(fetched_batch(0, 3))
        await setup.worker.process(fetched_batch(3, 5))
        assert setup.stage.offsets == [0, 1, 2, 3, 4]
        assert setup.log.place == Resume(5)
        assert setup.log.visible == ["out-0", "out-3"]

    asyncio.run(story())


@pytest.mark.parametrize("took_effect", [True, False])
def test_a_commit_in_doubt_is_settled_by_the_committed_place(took_effect: bool) -> None:
    async def story() -> None:
        setup = await taken_over()
        setup.committer.fails = [(CommitUncertain("no answer"), took_effect)]
        await setup.worker.process(fetched_batch(0, 3))
        assert setup.log.visible == ["out-0"]
        assert setup.stage.offsets == [0, 1, 2]

    asyncio.run(story())


def test_a_lost_partition_leaves_no_trace_and_is_recovered_when_it_comes_back() -> None:
    async def story() -> None:
        setup = await taken_over()
        await setup.worker.process(fetched_batch(0, 3))
        setup.committer.fails = [(PartitionLost("fenced"), False)]
        with pytest.raises(PartitionLost):
            await setup.worker.process(fetched_batch(3, 5))
        assert setup.stage.offsets == [0, 1, 2]
        setup.log.place = Resume(9)  # the other owner continued
        await setup.worker.take_over(asyncio.Event())
        assert setup.stage.offsets == list(range(9))
        assert setup.seeks[-1] == 9

    asyncio.run(story())


def test_a_partition_that_comes_back_untouched_is_not_recovered_again() -> None:
    async def story() -> None:
        setup = await taken_over()
        await setup.worker.process(fetched_batch(0, 3))
        await setup.worker.hand_back()
        await setup.worker.take_over(asyncio.Event())
        assert setup.stage.recovered == [None]
        assert setup.seeks[-1] == 3

    asyncio.run(story())


def test_a_batch_from_another_place_is_not_processed_but_fetched_anew() -> None:
    async def story() -> None:
        setup = await taken_over()
        await setup.worker.process(fetched_batch(4, 6))
        assert setup.stage.offsets == []
        assert setup.seeks[-1] == 0

    asyncio.run(story())


def test_doubt_about_a_place_that_somebody_else_moved_means_the_partition_is_lost() -> None:
    async def story() -> None:
        setup = await taken_over()
        setup.committer.fails = [(CommitUncertain("no answer"), False)]
        setup.log.place = Resume(77)
        with pytest.raises(PartitionLost):
            await setup.worker.process(fetched_batch(0, 3))
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
        await setup.worker.process(fetched_batch(10, 12))
        assert setup.log.place == Resume(12)

    asyncio.run(story())


def test_records_deleted_before_a_slow_worker_read_them_are_skipped_too() -> None:
    async def story() -> None:
        setup = await taken_over()
        await setup.worker.process(fetched_batch(0, 3))
        setup.log.begins = 10
        await setup.worker.process(fetched_batch(10, 12))  # where the consumer continues by itself
        assert (setup.stage.skipped, setup.seeks[-1]) == ([(3, 10)], 10)
        await setup.worker.process(fetched_batch(10, 12))
        assert setup.log.place == Resume(12)

    asyncio.run(story())


async def received_by(setup: Setup, first: int, end: int) -> Received:
    batch = fetched_batch(first, end)
    assert await setup.worker.admit(batch, after_marker=True)
    (received,) = work_received([(setup.worker, batch)])
    return received


async def received_and_committed(setup: Setup, first: int, end: int) -> bool:
    received = await received_by(setup, first, end)
    place = received.ready.place
    received.ready.done.set_result(None)
    setup.log.place = place
    return await setup.worker.conclude(received)


def test_a_batch_that_comes_in_memory_becomes_current_with_the_commit_that_wrote_it() -> None:
    async def story() -> None:
        setup = Setup()
        await setup.worker.take_over(asyncio.Event())
        received = await received_by(setup, 0, 3)
        assert setup.stage.offsets == []  # nothing is visible before the commit
        received.ready.done.set_result(None)
        assert await setup.worker.conclude(received)
        assert setup.stage.offsets == [0, 1, 2]
        assert setup.worker.position == 3

    asyncio.run(story())


def test_only_the_marker_of_an_own_commit_may_lie_between_batches_in_memory() -> None:
    async def story() -> None:
        setup = Setup()
        await setup.worker.take_over(asyncio.Event())
        assert not await setup.worker.admit(fetched_batch(1, 2), after_marker=True)  # no commit yet
        assert await received_and_committed(setup, 0, 3)
        assert not await setup.worker.admit(fetched_batch(5, 6), after_marker=True)
        assert not await setup.worker.admit(fetched_batch(4, 6), after_marker=False)
        assert await received_and_committed(setup, 4, 6)
        assert setup.stage.offsets == [0, 1, 2, 4, 5]

    asyncio.run(story())


def test_a_batch_in_memory_is_dropped_if_its_commit_did_not_happen() -> None:
    async def story() -> None:
        setup = Setup()
        await setup.worker.take_over(asyncio.Event())
        received = await received_by(setup, 0, 3)
        received.ready.done.set_exception(CommitUncertain("no answer"))
        assert not await setup.worker.conclude(received)
        assert (setup.stage.offsets, setup.worker.position) == ([], 0)
        await setup.worker.process(fetched_batch(0, 3))  # it comes from the log
        assert setup.stage.offsets == [0, 1, 2]

    asyncio.run(story())


def test_a_partition_that_works_on_a_fetched_batch_takes_none_in_memory() -> None:
    async def story() -> None:
        setup = Setup()
        await setup.worker.take_over(asyncio.Event())
        await received_by(setup, 0, 3)
        assert not await setup.worker.admit(fetched_batch(3, 4), after_marker=True)

    asyncio.run(story())
