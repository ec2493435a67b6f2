"""Partitions that commit together: which ones share a commit, and which ones receive its error."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from aiokafka import TopicPartition

from stream.partition.commit import CommitUncertain, PartitionLost
from stream.partition.group_commit import GroupCommit
from stream.partition.hand_over import HandOver
from stream.partition.stage import Output, Resume

CARDS, TERMINALS, RETURNED = (TopicPartition(topic, 0) for topic in ("cards", "terminals", "returned"))


class Shared:
    """Records shared commits; a commit waits for `go`, and raises the errors in `fails`."""

    marks = True

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.go.set()
        self.begun = asyncio.Event()
        self.fails: list[Exception] = []
        self.commits: list[set[TopicPartition]] = []
        self.starts = self.stops = 0

    async def start(self) -> None:
        self.starts += 1

    async def stop(self) -> None:
        self.stops += 1

    async def write(self, outputs: Sequence[Output]) -> list[int]:
        raise AssertionError("nothing is handed over here")

    async def commit(self, outputs: Sequence[Output], places: Mapping[TopicPartition, Resume]) -> None:
        self.begun.set()
        await self.go.wait()
        if self.fails:
            raise self.fails.pop(0)
        self.commits.append(set(places))


async def joined(shared: Shared) -> GroupCommit:
    group = GroupCommit(shared, HandOver((), None))
    for partition in (CARDS, TERMINALS, RETURNED):
        await group.member(partition).start()
    return group


def test_one_start_serves_all_members_and_the_last_to_leave_stops() -> None:
    async def story() -> None:
        shared = Shared()
        group = await joined(shared)
        await group.leave(CARDS)
        await group.leave(TERMINALS)
        assert (shared.starts, shared.stops) == (1, 0)
        await group.leave(RETURNED)
        assert shared.stops == 1
        with pytest.raises(PartitionLost):
            await group.commit(CARDS, [], Resume(1))

    asyncio.run(story())


def test_who_is_ready_while_a_commit_is_under_way_goes_with_the_next() -> None:
    async def story() -> None:
        shared = Shared()
        group = await joined(shared)
        shared.go.clear()
        first = asyncio.create_task(group.commit(CARDS, [], Resume(1)))
        await shared.begun.wait()
        others = [asyncio.create_task(group.commit(p, [], Resume(1))) for p in (TERMINALS, RETURNED)]
        await asyncio.sleep(0)
        shared.go.set()
        await asyncio.gather(first, *others)
        assert shared.commits == [{CARDS}, {TERMINALS, RETURNED}]

    asyncio.run(story())


@pytest.mark.parametrize("error", [CommitUncertain("no answer"), PartitionLost("fenced")])
def test_after_a_failure_nothing_is_committed_before_a_new_start(error: Exception) -> None:
    async def story() -> None:
        shared = Shared()
        group = await joined(shared)
        shared.fails = [error]
        with pytest.raises(type(error)):
            await group.commit(CARDS, [], Resume(1))
        with pytest.raises(type(error)):
            await group.commit(TERMINALS, [], Resume(1))
        assert shared.commits == []
        await group.join(TERMINALS)
        await group.join(CARDS)
        assert shared.starts == 2
        await group.commit(TERMINALS, [], Resume(1))
        assert shared.commits == [{TERMINALS}]

    asyncio.run(story())


def test_one_that_fails_for_ever_does_not_hold_up_the_others() -> None:
    async def story() -> None:
        shared = Shared()
        group = await joined(shared)
        shared.fails = [CommitUncertain("too large")]
        with pytest.raises(CommitUncertain):
            await group.commit(CARDS, [], Resume(1))
        await group.join(CARDS)
        tasks = [asyncio.create_task(group.commit(p, [], Resume(1))) for p in (CARDS, TERMINALS)]
        shared.fails = [CommitUncertain("too large")]
        with pytest.raises(CommitUncertain):
            await tasks[0]
        with pytest.raises(CommitUncertain):  # the start is missing, as above
            await tasks[1]
        await group.join(TERMINALS)
        await group.commit(TERMINALS, [], Resume(1))
        assert shared.commits == [{TERMINALS}]

    asyncio.run(story())


def test_whoever_waits_for_a_commit_hears_of_an_error_that_nobody_foresaw() -> None:
    async def story() -> None:
        shared = Shared()
        group = await joined(shared)
        shared.fails = [ValueError("a mistake of ours")]
        with pytest.raises(ValueError, match="a mistake of ours"):
            await asyncio.wait_for(group.commit(CARDS, [], Resume(1)), 60.0)
        with pytest.raises(CommitUncertain):
            await group.commit(TERMINALS, [], Resume(1))

    asyncio.run(story())
