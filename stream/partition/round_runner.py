"""Run the rounds of a worker: what each poll brings is admitted, worked on, committed and concluded."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from aiokafka import TopicPartition
from mode import get_logger

from stream.partition.commit import CommitUncertain, PartitionLost
from stream.partition.group_commit import GroupCommit
from stream.partition.held_partitions import HeldPartitions
from stream.partition.round import Admitted, Round, Rounds
from stream.partition.worker import PartitionWorker
from stream.transport.driver import BatchFaustConsumer
from stream.transport.fetched_batch import FetchedBatch

RESTS_S = 1.0  # without a batch in memory, after which a partition is read from the log again

Prepare = Callable[[FetchedBatch, asyncio.Event], Awaitable[None]]
"""Waits for what a batch needs from outside, at most until the event is set."""

log = get_logger(__name__)


async def needs_nothing(fetched: FetchedBatch, stop: asyncio.Event) -> None:
    """Return at once: everything that a batch needs is here. Satisfies `Prepare`."""


class RoundRunner:
    """Makes one round of the batches of each poll, where it can.

    Args:
        consumer: returns the consumer that delivers batches; it does not exist yet at construction.
        commits: commits rounds.
        topics: inputs of the stages, in order.
        held: the partitions of this worker.
        lose: called for a partition that another worker owns, with the rebalance that should follow.
        prepare: waits for what a batch needs from outside, at most until the group rebalances.
    """

    def __init__(
        self,
        consumer: Callable[[], BatchFaustConsumer],
        commits: GroupCommit,
        topics: Sequence[str],
        held: HeldPartitions,
        lose: Callable[[TopicPartition, asyncio.Event, PartitionLost], None],
        prepare: Prepare,
    ) -> None:
        self._consumer = consumer
        self._commits = commits
        self._topics = topics
        self._rounds = Rounds(topics, marks=commits.marks)
        self._held = held
        self._lose = lose
        self._prepare = prepare
        self._together = True
        self._received_at: dict[TopicPartition, float] = {}

    async def process(self, fetched: Sequence[FetchedBatch]) -> None:
        """Process the batches of a poll, then let the consumer poll again."""
        left = sorted(fetched, key=self._turn)
        try:
            while left:
                count = self._next_round_takes(left)
                await self._make_round(left[:count])
                left = left[count:]
        finally:
            self._consumer().go_on()

    def begin_tenure(self) -> None:
        """Forget which partitions rest: the consumer reads all that are assigned."""
        self._received_at.clear()

    def read_what_rests(self) -> None:
        """Read partitions again that receive nothing; what another program writes there must be noticed."""
        before = time.monotonic() - RESTS_S
        for partition in [p for p, at in self._received_at.items() if at < before]:
            self._read(partition)

    def _turn(self, batch: FetchedBatch) -> tuple[int, int]:
        """Return when a batch is admitted: last stages first.

        One order for all keeps two polls, of which the first is still at work when the group rebalances, from
        waiting for each other.
        """
        return -self._topics.index(batch.partition.topic), batch.partition.partition

    def _next_round_takes(self, left: Sequence[FetchedBatch]) -> int:
        """Return how many batches the next round takes: as many as possible.

        - After a failure one, so that one that always fails cannot block the others.
        - Of one stage, last ones first, where stages hand over in memory: a later stage that is behind must
          read its log before it can take anything.
        """
        if not self._together:
            return 1
        topic = left[0].partition.topic
        return sum(batch.partition.topic == topic for batch in left) if self._held.owns_all else len(left)

    async def _make_round(self, fetched: Sequence[FetchedBatch]) -> None:
        rebalanced = self._held.rebalanced
        for batch in fetched:  # before any partition is locked: the wait may be long
            await self._prepare(batch, rebalanced)
        admitted = [one for batch in fetched for one in await self._admitted(batch, rebalanced)]
        if not admitted:
            return
        made = await self._rounds.work(admitted, self._receivers())
        failure = await self._commit(made)
        for part in made.parts:
            partition = part.worker.partition
            try:
                if not await part.worker.conclude(part.done, failure):
                    self._read(partition)
            except PartitionLost as lost:
                self._lose(partition, rebalanced, lost)
        self._follow(made, failure)

    async def _admitted(self, batch: FetchedBatch, rebalanced: asyncio.Event) -> list[Admitted]:
        partition = batch.partition
        if partition not in self._held.live or rebalanced.is_set():
            return []
        worker = self._held.workers[partition]
        try:
            if not await worker.admit(batch):
                return []
        except PartitionLost as lost:
            self._lose(partition, rebalanced, lost)
            return []
        if not len(batch) and not batch.records.refused:
            worker.pass_over(batch.next_offset)
            return []
        return [(worker, batch)]

    def _receivers(self) -> dict[TopicPartition, PartitionWorker]:
        """Return the partitions that may take batches in memory; none after a failure."""
        if not (self._held.owns_all and self._together):
            return {}
        return {partition: self._held.workers[partition] for partition in self._held.live}

    async def _commit(self, made: Round) -> Exception | None:
        """Commit a round; return the error where that failed or is in doubt."""
        if not made.places:
            return None
        try:
            ends = await self._commits.commit(made.outputs, made.places, made.expected)
        except (PartitionLost, CommitUncertain) as failure:
            log.warning("%s", failure)
            self._together = False
            return failure
        except BaseException:
            for part in made.parts:
                part.worker.abandon(part.done.work)
            raise
        self._together = True
        for partition, end in ends.items():
            if (worker := self._held.workers.get(partition)) is not None:
                worker.note_written(end)
        return None

    def _follow(self, made: Round, failure: Exception | None) -> None:
        """Read nothing of partitions that take their batches in memory, and read those that are behind."""
        behind = [*made.left_behind, *(self._received_at if failure else ())]
        for partition in () if failure else made.expected:
            if partition not in self._received_at:
                self._consumer().pause(partition)
            self._received_at[partition] = time.monotonic()
        for partition in behind:
            self._read(partition)

    def _read(self, partition: TopicPartition) -> None:
        """Read a partition from the log, from its position on."""
        self._received_at.pop(partition, None)
        if partition in self._held.live:
            self._consumer().resume(partition, self._held.workers[partition].position)
