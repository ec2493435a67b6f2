"""Partitions that commit together: which ones share a commit, and which ones receive its error."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from aiokafka import TopicPartition

from features.byte_strings import ByteStrings
from stream.partition.commit import CommitUncertain, Ends, PartitionLost, ends_of
from stream.partition.group_commit import GroupCommit
from stream.partition.stage import Output, Resume
from stream.wire.writer import EncodedBatch

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
        self.starts = self.stops = self.running = 0

    async def start(self) -> None:
        self.starts += 1

    async def stop(self) -> None:
        self.stops += 1

    async def commit(
        self,
        outputs: Sequence[Output],
        places: Mapping[TopicPartition, Resume],
        expected: Mapping[TopicPartition, int],
    ) -> Ends:
        self.running += 1
        assert self.running == 1, "commits overlap"
        self.begun.set()
        await self.go.wait()
        self.running -= 1
        if self.fails:
            raise self.fails.pop(0)
        self.commits.append(set(places))
        return {}


async def joined(shared: Shared) -> GroupCommit:
    group = GroupCommit(shared)
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
            await group.commit([], {CARDS: Resume(1)}, {})

    asyncio.run(story())


def test_one_commit_waits_for_another() -> None:
    async def story() -> None:
        shared = Shared()
        group = await joined(shared)
        shared.go.clear()
        both = [asyncio.create_task(group.commit([], {p: Resume(1)}, {})) for p in (CARDS, TERMINALS)]
        await shared.begun.wait()
        shared.go.set()
        await asyncio.gather(*both)
        assert shared.commits == [{CARDS}, {TERMINALS}]

    asyncio.run(story())


@pytest.mark.parametrize("error", [CommitUncertain("no answer"), PartitionLost("fenced")])
def test_after_a_failure_nothing_is_committed_before_a_new_start(error: Exception) -> None:
    async def story() -> None:
        shared = Shared()
        group = await joined(shared)
        shared.fails = [error]
        with pytest.raises(type(error)):
            await group.commit([], {CARDS: Resume(1)}, {})
        with pytest.raises(type(error)):
            await group.commit([], {TERMINALS: Resume(1)}, {})
        assert shared.commits == []
        await group.join(TERMINALS)
        await group.join(CARDS)
        assert shared.starts == 2
        await group.commit([], {TERMINALS: Resume(1)}, {})
        assert shared.commits == [{TERMINALS}]

    asyncio.run(story())


def test_an_unforeseen_error_is_raised_and_nothing_is_committed_after_it() -> None:
    async def story() -> None:
        shared = Shared()
        group = await joined(shared)
        shared.fails = [ValueError("a mistake of ours")]
        with pytest.raises(ValueError, match="a mistake of ours"):
            await asyncio.wait_for(group.commit([], {CARDS: Resume(1)}, {}), 60.0)
        with pytest.raises(CommitUncertain):
            await group.commit([], {TERMINALS: Resume(1)}, {})

    asyncio.run(story())


def output(topic: str, count: int) -> Output:
    return Output(topic, 0, EncodedBatch(None, ByteStrings.from_list([b"x"] * count)))


def test_a_commit_knows_where_each_partition_ends() -> None:
    outputs = [output("hop", 2), output("scores", 1), output("hop", 3)]
    ends = ends_of(outputs, [7, 40, 9], {TopicPartition("hop", 0): 7})
    assert ends == {TopicPartition("hop", 0): 12, TopicPartition("scores", 0): 41}


@pytest.mark.parametrize("offsets", [[8, 10], [7, 10]])
def test_a_record_of_another_program_in_between_prevents_the_commit(offsets: list[int]) -> None:
    with pytest.raises(CommitUncertain, match="hop"):
        ends_of([output("hop", 2), output("hop", 1)], offsets, {TopicPartition("hop", 0): 7})
