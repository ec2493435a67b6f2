"""In quick successive rebalances a partition is live only while the group assigns it to us."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any, cast

from aiokafka import TopicPartition

from stream.partition.commit import PartitionLost
from stream.partition.manager import PartitionManager

FIRST, SECOND = TopicPartition("transactions", 0), TopicPartition("transactions", 1)


class Consumer:
    """Records the partitions released for reading, and how often it may poll again."""

    def __init__(self) -> None:
        self.released: list[TopicPartition] = []
        self.polls = 0

    def go_on(self) -> None:
        self.polls += 1

    def withhold(self, partition: TopicPartition) -> None:
        pass

    def hold(self, partitions: Iterable[TopicPartition]) -> None:
        pass

    def release(self, partition: TopicPartition) -> None:
        self.released.append(partition)

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        pass


class Worker:
    """Takes over once `recovered` is set, or raises the errors in `fails`."""

    def __init__(self) -> None:
        self.recovered = asyncio.Event()
        self.fails: list[Exception] = []

    async def take_over(self, rebalanced: asyncio.Event) -> None:
        await self.recovered.wait()
        if self.fails:
            raise self.fails.pop()

    async def hand_back(self) -> None:
        pass


class Group:
    """A manager with a test consumer and test workers."""

    def __init__(self, rejoin_s: float = 60.0) -> None:
        self.consumer, self.workers = Consumer(), {FIRST: Worker(), SECOND: Worker()}
        self.crashes: list[BaseException] = []
        self.manager = PartitionManager(
            lambda: cast(Any, self.consumer),
            lambda partition: cast(Any, self.workers[partition]),
            cast(Any, SimpleNamespace(marks=False)),
            checkpoint_every_s=60.0,
            rejoin_s=rejoin_s,
            topics=["transactions"],
            numbers=2,
        )

        async def crash(error: BaseException) -> None:
            self.crashes.append(error)

        cast(Any, self.manager).crash = crash

    async def settled(self) -> None:
        """Wait until every task has run as far as it can."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something that needs no more than the tasks of this process."""
        for _ in range(10_000):
            if happened():
                return
            await asyncio.sleep(0)
        raise AssertionError("it did not happen")


def test_what_recovers_after_it_was_revoked_does_not_go_live() -> None:
    async def play() -> Group:
        group = Group()
        await group.manager.on_assigned([FIRST, SECOND])
        group.workers[FIRST].recovered.set()
        await group.settled()
        await group.manager.on_revoked([FIRST, SECOND])
        group.workers[SECOND].recovered.set()
        await group.settled()
        return group

    group = asyncio.run(play())
    assert group.consumer.released == [FIRST]
    assert group.manager.live == frozenset()
    assert group.crashes == []


def test_a_partition_given_away_before_it_was_taken_over_ends_nothing() -> None:
    async def play() -> Group:
        group = Group()
        for worker in group.workers.values():
            worker.recovered.set()
        await group.manager.on_assigned([FIRST, SECOND])
        await group.manager.on_assigned([FIRST])
        await group.settled()
        return group

    group = asyncio.run(play())
    assert group.manager.live == {FIRST}
    assert group.crashes == []


def test_a_partition_lost_while_it_was_taken_over_waits_for_the_group() -> None:
    async def play() -> Group:
        group = Group()
        group.workers[FIRST].fails = [PartitionLost("given to another worker")]
        group.workers[FIRST].recovered.set()
        await group.manager.on_assigned([FIRST])
        await group.settled()
        assert group.manager.live == frozenset()
        await group.manager.on_revoked([FIRST])
        await group.manager.on_assigned([FIRST])
        await group.settled()
        return group

    group = asyncio.run(play())
    assert group.manager.live == {FIRST}
    assert group.consumer.released == [FIRST]
    assert group.crashes == []


def test_a_partition_lost_while_it_was_taken_over_is_ours_where_the_group_says_nothing() -> None:
    async def play() -> Group:
        group = Group(rejoin_s=0.0)
        group.workers[FIRST].fails = [PartitionLost("the transaction had timed out")]
        group.workers[FIRST].recovered.set()
        await group.manager.on_assigned([FIRST])
        await group.until(lambda: bool(group.manager.live or group.crashes))
        return group

    group = asyncio.run(play())
    assert group.manager.live == {FIRST}
    assert group.crashes == []


def test_a_recovery_under_way_is_left_when_the_worker_is_told_to_end() -> None:
    async def play() -> Group:
        group = Group()
        await group.manager.on_assigned([FIRST])
        await group.settled()
        await group.manager.hand_all_back()
        group.workers[FIRST].fails = [RuntimeError("Event loop is closed")]
        group.workers[FIRST].recovered.set()
        await group.settled()
        return group

    group = asyncio.run(play())
    assert group.consumer.released == []
    assert group.crashes == []
