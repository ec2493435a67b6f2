"""What a partition's task does ends well, or ends the worker; nothing fails silently."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast

import pytest
from aiokafka import TopicPartition

from contracts.metrics import scorer as metrics
from stream.partition import manager as module
from stream.partition.commit import PartitionLost
from tests.unit.stream.test_partition_manager import FIRST, SECOND, Consumer, Group, Worker


class NotingConsumer(Consumer):
    """Notes what is held and forgotten too."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[set[TopicPartition]] = []
        self.forgotten: list[TopicPartition] = []

    def hold(self, partitions: Iterable[TopicPartition]) -> None:
        self.held.append(set(partitions))

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        self.forgotten += partitions


class WorkingWorker(Worker):
    """Notes what it is asked, and fails with the errors of `in_process`."""

    position = 0

    def __init__(self) -> None:
        super().__init__()
        self.recovered.set()
        self.calls: list[object] = []
        self.in_process: list[BaseException] = []
        self.at_checkpoint: list[Exception] = []
        self.until = asyncio.Event()
        self.until.set()

    async def take_over(self, rebalanced: asyncio.Event) -> None:
        assert not rebalanced.is_set()  # it ends a recovery that a rebalance has overtaken
        self.calls.append("take over")
        await super().take_over(rebalanced)

    async def admit(self, fetched: Any) -> bool:
        self.calls.append(fetched)
        await self.until.wait()
        if self.in_process:
            raise self.in_process.pop()
        return False

    async def write_checkpoint(self, *, due_only: bool) -> None:
        self.calls.append(("checkpoint", due_only))
        if self.at_checkpoint:
            raise self.at_checkpoint.pop()

    async def hand_back(self) -> None:
        self.calls.append("hand back")
        await self.until.wait()


class Fetched:
    """A batch of a partition."""

    def __init__(self, partition: TopicPartition) -> None:
        self.partition = partition


class WorkingGroup(Group):
    """A manager whose workers note what they are asked; `made` are the workers that were made, in order."""

    def __init__(self, rejoin_s: float = 60.0) -> None:
        super().__init__(rejoin_s)
        self.noted = self.consumer = NotingConsumer()
        self.made: list[tuple[TopicPartition, WorkingWorker]] = []
        cast(Any, self.manager)._make_worker = self._make

    def _make(self, partition: TopicPartition) -> WorkingWorker:
        self.made.append((partition, WorkingWorker()))
        return self.made[-1][1]

    def of(self, partition: TopicPartition) -> WorkingWorker:
        return [worker for made, worker in self.made if made == partition][-1]

    def submit(self, partition: TopicPartition) -> Fetched:
        fetched = Fetched(partition)
        self.manager.submit([cast(Any, fetched)])
        return fetched


def play(scene: Callable[[WorkingGroup], Awaitable[None]], rejoin_s: float = 60.0) -> WorkingGroup:
    """Play a scene with both partitions live."""

    async def whole() -> WorkingGroup:
        group = WorkingGroup(rejoin_s)
        await group.manager.on_assigned([FIRST, SECOND])
        await group.settled()
        group.noted.released.clear()
        await scene(group)
        await group.settled()
        return group

    return asyncio.run(whole())


def test_an_unforeseen_error_ends_the_worker_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    error = KeyError("a bug")

    async def scene(group: WorkingGroup) -> None:
        group.of(FIRST).in_process = [error]
        group.submit(FIRST)

    group = play(scene)
    assert group.crashes == [error]
    assert "a partition's task failed: KeyError('a bug')" in caplog.text
    assert "Traceback" in caplog.text


def test_a_batch_is_processed_and_the_next_poll_begins() -> None:
    async def scene(group: WorkingGroup) -> None:
        fetched = group.submit(FIRST)
        await group.settled()
        assert group.of(FIRST).calls == ["take over", fetched]
        assert group.noted.polls == 1
        assert group.manager.worker(FIRST) is cast(Any, group.of(FIRST))

    group = play(scene)
    assert group.crashes == []
    assert not group.manager._running  # tasks that have ended are let go of


def test_a_batch_of_a_partition_that_is_not_ours_is_dropped() -> None:
    async def scene(group: WorkingGroup) -> None:
        await group.manager.on_revoked([FIRST])
        group.submit(FIRST)
        await group.settled()
        assert group.of(FIRST).calls == ["take over", "hand back"]
        assert group.noted.polls == 1

    assert play(scene).crashes == []


def test_the_next_poll_waits_for_the_end_of_the_round() -> None:
    async def scene(group: WorkingGroup) -> None:
        group.of(FIRST).until.clear()
        group.submit(FIRST)
        await group.settled()
        assert group.noted.polls == 0
        group.of(FIRST).until.set()
        await group.settled()
        assert group.noted.polls == 1

    play(scene)


def test_a_partition_lost_in_a_batch_stops_and_comes_back_where_the_group_says_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lost = metrics.PARTITIONS_LOST.labels(FIRST.topic)
    before = lost._value.get()

    async def scene(group: WorkingGroup) -> None:
        group.of(FIRST).in_process = [PartitionLost("the transaction had timed out")]
        group.submit(FIRST)
        await group.until(lambda: len(group.of(FIRST).calls) == 3)

    group = play(scene, rejoin_s=0.0)
    assert group.of(FIRST).calls[2] == "take over"
    assert group.manager.live == {FIRST, SECOND}
    assert lost._value.get() == before + 1
    assert "the transaction had timed out" in caplog.text
    assert group.crashes == []


def test_a_lost_partition_waits_for_the_rebalance_and_is_not_live_meanwhile() -> None:
    async def scene(group: WorkingGroup) -> None:
        group.of(FIRST).in_process = [PartitionLost("another worker holds it")]
        group.submit(FIRST)
        await group.settled()
        assert group.manager.live == {SECOND}
        assert metrics.PARTITIONS_LIVE._value.get() == 1
        await group.manager.on_assigned([SECOND])
        await group.settled()
        assert group.of(FIRST).calls[0] == "take over"
        assert "take over" not in group.of(FIRST).calls[1:]

    assert play(scene).manager.live == {SECOND}


def test_a_lost_partition_that_the_group_assigns_again_is_taken_over_once() -> None:
    async def scene(group: WorkingGroup) -> None:
        group.of(FIRST).in_process = [PartitionLost("the transaction had timed out")]
        group.submit(FIRST)
        await group.settled()
        await group.manager.on_assigned([FIRST, SECOND])
        await group.settled()
        assert group.of(FIRST).calls.count("take over") == 2  # at the first assignment, and at this one

    assert play(scene).manager.live == {FIRST, SECOND}


def test_a_loss_that_a_rebalance_explains_is_no_loss() -> None:
    lost = metrics.PARTITIONS_LOST.labels(FIRST.topic)
    before = lost._value.get()

    async def scene(group: WorkingGroup) -> None:
        worker = group.of(FIRST)
        worker.until.clear()
        worker.in_process = [PartitionLost("given away")]
        group.submit(FIRST)
        await group.settled()
        await group.manager.on_assigned([FIRST])
        worker.until.set()

    group = play(scene)
    assert group.manager.live == {FIRST}
    assert lost._value.get() == before


def test_an_assignment_holds_all_counts_and_keeps_the_profiles_of_what_stays() -> None:
    rebalances = metrics.REBALANCES._value.get()

    async def scene(group: WorkingGroup) -> None:
        await group.manager.on_assigned([FIRST])
        await group.settled()
        assert [made for made, _ in group.made] == [FIRST, SECOND]
        assert group.of(FIRST).calls == ["take over", "take over"]
        await group.manager.on_assigned([FIRST, SECOND])
        await group.settled()
        assert [made for made, _ in group.made] == [FIRST, SECOND, SECOND]

    group = play(scene)
    assert group.noted.held == [{FIRST, SECOND}, {FIRST}, {FIRST, SECOND}]
    assert metrics.REBALANCES._value.get() == rebalances + 3
    assert metrics.PARTITIONS_LIVE._value.get() == 2


def test_whoever_waits_for_partitions_hears_of_each_that_is_live() -> None:
    async def scene(group: WorkingGroup) -> None:
        heard: list[frozenset[TopicPartition]] = []
        group.manager.on_live.append(lambda: heard.append(group.manager.live))
        await group.manager.on_assigned([FIRST, SECOND])
        await group.settled()
        assert heard == [{FIRST}, {FIRST, SECOND}]

    play(scene)


def test_what_is_revoked_is_handed_back_and_then_forgotten() -> None:
    unknown = TopicPartition("transactions", 9)

    async def scene(group: WorkingGroup) -> None:
        group.of(FIRST).until.clear()
        leaving = asyncio.create_task(group.manager.on_revoked([FIRST, unknown]))
        await group.settled()
        assert group.manager.live == {SECOND}
        assert metrics.PARTITIONS_LIVE._value.get() == 1
        assert group.noted.forgotten == []
        group.of(FIRST).until.set()
        await leaving
        assert group.noted.forgotten == [FIRST, unknown]

    group = play(scene)
    assert group.of(FIRST).calls == ["take over", "hand back"]
    assert group.of(SECOND).calls == ["take over"]


def test_at_the_end_all_write_a_last_checkpoint_and_are_handed_back_also_one_that_is_lost() -> None:
    async def scene(group: WorkingGroup) -> None:
        group.of(FIRST).at_checkpoint = [PartitionLost("another worker holds it")]
        await group.manager.on_stop()

    group = play(scene)
    for partition in (FIRST, SECOND):
        assert group.of(partition).calls == ["take over", ("checkpoint", False), "hand back"]
    assert group.manager.live == frozenset()
    assert group.crashes == []


def test_a_broker_that_is_away_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STOP_WITHIN_S", 0.0)

    async def scene(group: WorkingGroup) -> None:
        group.of(FIRST).until.clear()
        group.submit(SECOND)
        await group.manager.hand_all_back()
        assert group.manager.live == frozenset()

    assert play(scene).crashes == []
