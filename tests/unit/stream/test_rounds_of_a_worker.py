"""What a worker makes of the batches of a poll: which share a round, and what is read afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from aiokafka import TopicPartition

from stream.partition.commit import CommitUncertain, PartitionLost
from stream.partition.manager import PartitionManager
from stream.partition.stage import Output, Resume
from stream.transport.fetched_batch import FetchedBatch
from tests.unit.stream.test_round import CARDS, HOP, RETURNED, TOPICS, Pipeline, from_log


class Commits:
    """Commits at once, and gives each record the next offset; raises the errors in `fails`."""

    marks = False

    def __init__(self) -> None:
        self.places: list[set[TopicPartition]] = []
        self.ends: dict[TopicPartition, int] = {}
        self.fails: list[Exception] = []

    async def commit(
        self,
        outputs: Sequence[Output],
        places: Mapping[TopicPartition, Resume],
        expected: Mapping[TopicPartition, int],
    ) -> Mapping[TopicPartition, int]:
        self.places.append(set(places))
        if self.fails:
            raise self.fails.pop(0)
        for output in outputs:
            at = TopicPartition(output.topic, output.partition)
            self.ends[at] = self.ends.get(at, 0) + output.batch.record_count()
        return self.ends


class Consumer:
    """Notes what is read."""

    def __init__(self) -> None:
        self.paused: set[TopicPartition] = set()
        self.resumed: list[tuple[TopicPartition, int]] = []
        self.withheld: list[TopicPartition] = []
        self.polls = 0

    def hold(self, partitions: Iterable[TopicPartition]) -> None: ...

    def release(self, partition: TopicPartition) -> None: ...

    def forget(self, partitions: Iterable[TopicPartition]) -> None: ...

    def withhold(self, partition: TopicPartition) -> None:
        self.withheld.append(partition)

    def pause(self, partition: TopicPartition) -> None:
        self.paused.add(partition)

    def resume(self, partition: TopicPartition, offset: int) -> None:
        self.paused.discard(partition)
        self.resumed.append((partition, offset))

    def go_on(self) -> None:
        self.polls += 1


class Scene:
    """A manager over the pipeline of `test_round`, which it has taken over whole or in part."""

    def __init__(self, pipeline: Pipeline, numbers: int = 2) -> None:
        self.pipeline, self.commits, self.consumer = pipeline, Commits(), Consumer()
        self.manager = PartitionManager(
            lambda: cast(Any, self.consumer),
            lambda partition: pipeline.workers[partition],
            cast(Any, self.commits),
            checkpoint_every_s=60.0,
            rejoin_s=60.0,
            topics=TOPICS,
            numbers=numbers,
        )

    async def poll(self, *fetched: FetchedBatch) -> None:
        """Deliver the batches of a poll; return when the next poll may begin."""
        polls = self.consumer.polls
        self.manager.submit(fetched)
        for _ in range(10_000):
            if self.consumer.polls > polls:
                return
            await asyncio.sleep(0)
        raise AssertionError("the round did not end")


def play(scene: Scene, story: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await scene.manager.on_assigned(list(scene.pipeline.workers))
        while len(scene.manager.live) < len(scene.pipeline.workers):
            await asyncio.sleep(0)
        scene.pipeline.note_all_read()
        await story()

    asyncio.run(whole())


def test_batches_of_a_stage_share_a_round_and_later_stages_are_not_read() -> None:
    scene = Scene(Pipeline())

    async def story() -> None:
        await scene.poll(from_log(CARDS, b"a"), from_log(CARDS, b"b", partition=1))
        assert scene.commits.places == [set(scene.pipeline.workers)]
        assert scene.consumer.paused == {at for at in scene.pipeline.workers if at.topic != CARDS}

    play(scene, story)


def test_later_stages_come_first_so_that_they_can_take_what_earlier_ones_hand_over() -> None:
    scene, behind = Scene(Pipeline()), TopicPartition(HOP, 0)

    async def story() -> None:
        scene.pipeline.workers[behind].note_written(1)
        await scene.poll(from_log(CARDS, b"a"), from_log(HOP, b"h"))
        first, second = scene.commits.places
        assert first == {behind, TopicPartition(RETURNED, 0)}
        assert second == {TopicPartition(CARDS, 0), behind, TopicPartition(RETURNED, 0)}

    play(scene, story)


def test_a_worker_that_shares_the_topics_commits_all_stages_at_once_and_hands_nothing_over() -> None:
    scene = Scene(Pipeline(), numbers=5)

    async def story() -> None:
        await scene.poll(from_log(CARDS, b"a"), from_log(HOP, b"h"))
        assert scene.commits.places == [{TopicPartition(CARDS, 0), TopicPartition(HOP, 0)}]
        assert not scene.consumer.paused

    play(scene, story)


def test_a_partition_that_is_behind_is_read_from_its_position() -> None:
    behind = TopicPartition(HOP, 0)
    scene = Scene(Pipeline(behind=[behind]))

    async def story() -> None:
        await scene.poll(from_log(CARDS, b"a"))
        assert scene.consumer.resumed == [(behind, 0)]

    play(scene, story)


def test_after_a_failure_batches_are_committed_one_by_one_and_read_again() -> None:
    scene = Scene(Pipeline())
    both = [from_log(CARDS, b"a"), from_log(CARDS, b"b", partition=1)]

    async def story() -> None:
        scene.commits.fails = [CommitUncertain("too large")]
        await scene.poll(*both)
        assert (TopicPartition(CARDS, 0), 0) in scene.consumer.resumed
        assert not scene.consumer.paused
        await scene.poll(*both)
        assert scene.commits.places[1:] == [{TopicPartition(CARDS, 0)}, {TopicPartition(CARDS, 1)}]

    play(scene, story)


def test_a_partition_lost_in_a_commit_is_not_read_until_the_group_says_more() -> None:
    scene = Scene(Pipeline())

    async def story() -> None:
        scene.commits.fails = [PartitionLost("fenced")]
        await scene.poll(from_log(CARDS, b"a"))
        await asyncio.sleep(0)
        lost = {TopicPartition(topic, 0) for topic in TOPICS}
        assert set(scene.consumer.withheld) == lost
        assert scene.manager.live == set(scene.pipeline.workers) - lost

    play(scene, story)


def test_two_polls_that_meet_in_a_rebalance_do_not_wait_for_each_other() -> None:
    scene, first = Scene(Pipeline(), numbers=5), TopicPartition(CARDS, 0)

    async def story() -> None:
        held = scene.pipeline.workers[first]
        assert await held.admit(from_log(CARDS, b"a"))
        scene.manager.submit([from_log(CARDS, b"a"), from_log(CARDS, b"b", partition=1)])
        await asyncio.sleep(0)
        scene.manager.submit([from_log(CARDS, b"b", partition=1), from_log(CARDS, b"a")])
        await asyncio.sleep(0)
        held.abandon(None)
        for _ in range(10_000):
            await asyncio.sleep(0)
        assert scene.consumer.polls == 2

    play(scene, story)
