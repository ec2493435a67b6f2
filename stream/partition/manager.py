"""Take over, run and hand back all partitions that the group assigns to this worker."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any

from aiokafka import TopicPartition
from mode import Service, get_logger

from contracts.metrics import scorer as metrics
from stream.partition.commit import PartitionLost
from stream.partition.group_commit import GroupCommit
from stream.partition.held_partitions import HeldPartitions
from stream.partition.round_runner import RESTS_S, Prepare, RoundRunner, needs_nothing
from stream.partition.worker import PartitionWorker
from stream.transport.driver import BatchFaustConsumer
from stream.transport.fetched_batch import FetchedBatch

_STOP_WITHIN_S = 3.0  # Ctrl-C ends everything within five seconds

log = get_logger(__name__)


class PartitionManager(Service):
    """Follows Faust's assignment: takes partitions over, lets their batches be processed, hands them back.

    Args:
        consumer: returns the consumer that delivers batches; it does not exist yet at construction.
        make_worker: makes the worker of a partition that this process has not held yet.
        commits: commits rounds.
        checkpoint_every_s: how often idle partitions are checked for a due checkpoint, in seconds.
        rejoin_s: how long a lost partition waits for the rebalance that should follow, in seconds. Without
            one the group still assigns it to this worker (a transaction had timed out), which takes it over
            again.
        topics: inputs of the stages, in order.
        numbers: number of partitions of each topic. A worker that owns all of them is the only writer to the
            topics between its stages, so it hands batches over in memory and does not read them back.
        prepare: waits for what a batch needs from outside, at most until the group rebalances.
    """

    def __init__(
        self,
        consumer: Callable[[], BatchFaustConsumer],
        make_worker: Callable[[TopicPartition], PartitionWorker],
        commits: GroupCommit,
        *,
        checkpoint_every_s: float,
        rejoin_s: float,
        topics: Sequence[str],
        numbers: int,
        prepare: Prepare = needs_nothing,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._consumer = consumer
        self._make_worker = make_worker
        self._checkpoint_every_s = checkpoint_every_s
        self._rejoin_s = rejoin_s
        self._numbers = numbers
        self._held = HeldPartitions()
        self._runner = RoundRunner(consumer, commits, topics, self._held, self._lose_later, prepare)
        self._running: set[asyncio.Task[None]] = set()
        self.on_live: list[Callable[[], None]] = []

    @property
    def live(self) -> frozenset[TopicPartition]:
        """The partitions that are being processed."""
        return frozenset(self._held.live)

    def worker(self, partition: TopicPartition) -> PartitionWorker:
        return self._held.workers[partition]

    def submit(self, fetched: Sequence[FetchedBatch]) -> None:
        """Process the batches of a poll in a task of its own; the consumer polls again when it is done."""
        self._run(self._runner.process(fetched))

    async def on_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Take over what is assigned now; drop the profiles of what is not."""
        assigned = {TopicPartition(*partition) for partition in assigned}  # Faust passes its own class
        metrics.REBALANCES.inc()
        self._held.rebalanced.set()
        self._held.rebalanced = asyncio.Event()
        self._consumer().hold(assigned)
        self._held.live.clear()
        self._runner.begin_tenure()
        self._held.owns_all = len({partition.partition for partition in assigned}) == self._numbers
        for partition in self._held.workers.keys() - assigned:
            del self._held.workers[partition]
        for partition in sorted(assigned):
            if partition not in self._held.workers:
                self._held.workers[partition] = self._make_worker(partition)
            self._run(self._take_over(partition, self._held.rebalanced))

    async def on_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Finish the current batches, then release the partitions.

        Profiles stay in memory until the next assignment shows who gets the partitions.
        """
        self._held.rebalanced.set()  # what is still being taken over would go live after the hand-back
        leaving = [self._held.workers[partition] for partition in revoked if partition in self._held.workers]
        self._held.live.difference_update(revoked)
        self._count_live()
        await asyncio.gather(*(worker.hand_back() for worker in leaving))
        self._consumer().forget(revoked)

    async def hand_all_back(self) -> None:
        """Finish the current batches and commit their places while the consumer still runs.

        Writes last checkpoints, so that the next start has little to replay, unless the broker is away.
        Cancels all other tasks, such as a recovery, because they would wait for a consumer that is gone.
        """
        self._held.rebalanced.set()
        leaving = [self._held.workers[partition] for partition in self._held.live]
        self._held.live.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(_leave(worker) for worker in leaving)), _STOP_WITHIN_S)
        for task in self._running:
            task.cancel()

    async def on_stop(self) -> None:
        """Hand back what a crash has left."""
        await self.hand_all_back()

    async def _take_over(self, partition: TopicPartition, rebalanced: asyncio.Event) -> None:
        worker = self._held.workers.get(partition)
        if worker is None:  # revoked again before this began
            return
        try:
            await worker.take_over(rebalanced)
        except PartitionLost as lost:
            await self._lose(partition, rebalanced, lost)
            return
        if not rebalanced.is_set():
            self._held.live.add(partition)
            self._count_live()
            self._consumer().release(partition)
            for tell in self.on_live:
                tell()

    def _lose_later(self, partition: TopicPartition, rebalanced: asyncio.Event, lost: PartitionLost) -> None:
        self._run(self._lose(partition, rebalanced, lost))

    async def _lose(self, partition: TopicPartition, rebalanced: asyncio.Event, lost: PartitionLost) -> None:
        """Stop reading until the group rebalances; without a rebalance take the partition over again."""
        if rebalanced.is_set():  # `on_assigned` has acted on it already
            return
        log.warning("%s", lost)
        metrics.PARTITIONS_LOST.labels(partition.topic).inc()
        self._held.live.discard(partition)
        self._consumer().withhold(partition)
        self._count_live()
        with suppress(TimeoutError):
            await asyncio.wait_for(rebalanced.wait(), self._rejoin_s)
        if not rebalanced.is_set() and partition in self._held.workers:
            await self._take_over(partition, rebalanced)

    @Service.task
    async def _read_what_rests(self) -> None:
        async for _ in self.itertimer(RESTS_S, name="resting partitions"):
            self._runner.read_what_rests()

    @Service.task
    async def _write_checkpoints(self) -> None:
        """Write the checkpoints of idle partitions; those with traffic write them with their batches."""
        async for _ in self.itertimer(self._checkpoint_every_s, name="checkpoints"):
            for partition in list(self._held.live):
                with suppress(PartitionLost, KeyError):
                    await self._held.workers[partition].write_checkpoint(due_only=True)

    def _count_live(self) -> None:
        metrics.PARTITIONS_LIVE.set(len(self._held.live))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        """End the worker on an unforeseen error and log it: a consumer must not die silently (faust#175)."""
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a partition's task failed: %r", error, exc_info=error)
            asyncio.get_running_loop().create_task(self.crash(error))


async def _leave(worker: PartitionWorker) -> None:
    with suppress(PartitionLost):
        await worker.write_checkpoint(due_only=False)
    await worker.hand_back()
