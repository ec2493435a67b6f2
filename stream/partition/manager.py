"""All partitions in this worker's hands: taken over, run, handed back."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any

from aiokafka import TopicPartition
from mode import Service, get_logger

from contracts.metrics import scorer as metrics
from stream.partition.commit import PartitionLost
from stream.partition.worker import PartitionWorker
from stream.transport.driver import BatchFaustConsumer
from stream.transport.fetched_batch import FetchedBatch

_STOP_WITHIN_S = 3.0  # Ctrl-C ends everything within five seconds

log = get_logger(__name__)


class PartitionManager(Service):
    """Follows Faust's assignment and runs one task per partition at a time.

    Args:
        consumer: the consumer that delivers batches; asked for late, since Faust makes it late.
        make_worker: the worker of a partition that has not been here before.
        checkpoint_every_s: how often idle partitions are looked at for a checkpoint, in seconds.
        rejoin_s: how long a lost partition waits for the rebalance that should follow. After that the group
            still says it is ours (a transaction had merely timed out), and it is taken over again.
    """

    def __init__(
        self,
        consumer: Callable[[], BatchFaustConsumer],
        make_worker: Callable[[TopicPartition], PartitionWorker],
        *,
        checkpoint_every_s: float,
        rejoin_s: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._consumer = consumer
        self._make_worker = make_worker
        self._checkpoint_every_s = checkpoint_every_s
        self._rejoin_s = rejoin_s
        self._workers: dict[TopicPartition, PartitionWorker] = {}
        self._live: set[TopicPartition] = set()
        self._running: set[asyncio.Task[None]] = set()
        self._rebalanced = asyncio.Event()
        self.on_live: list[Callable[[], None]] = []

    @property
    def live(self) -> frozenset[TopicPartition]:
        """The partitions that are being processed."""
        return frozenset(self._live)

    def worker(self, partition: TopicPartition) -> PartitionWorker:
        return self._workers[partition]

    def submit(self, fetched: FetchedBatch) -> None:
        """Process a batch in a task of its own; the consumer sees to it that a partition has only one."""
        self._run(self._process(fetched))

    async def on_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Take over what is assigned now; drop the profiles of what is not."""
        assigned = {TopicPartition(*partition) for partition in assigned}  # Faust has a class of its own
        metrics.REBALANCES.inc()
        self._rebalanced.set()
        self._rebalanced = asyncio.Event()
        self._consumer().hold(assigned)
        self._live.clear()
        for partition in self._workers.keys() - assigned:
            del self._workers[partition]
        for partition in sorted(assigned):
            if partition not in self._workers:
                self._workers[partition] = self._make_worker(partition)
            self._run(self._take_over(partition, self._rebalanced))

    async def on_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Let the batches in hand finish, then let go. Profiles stay until it is known who gets them."""
        self._rebalanced.set()  # whoever is still taking over would go live after the hand-back
        leaving = [self._workers[partition] for partition in revoked if partition in self._workers]
        self._live.difference_update(revoked)
        self._count_live()
        await asyncio.gather(*(worker.hand_back() for worker in leaving))
        self._consumer().forget(revoked)

    async def hand_all_back(self) -> None:
        """Finish the batches in hand and commit their places while the consumer is there to do it.

        Last checkpoints are written, so that the next start has little to replay, unless the broker is away.
        Whatever else is under way, such as a recovery, would look for the consumer in vain, and is left.
        """
        self._rebalanced.set()
        leaving = [self._workers[partition] for partition in self._live]
        self._live.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(_leave(worker) for worker in leaving)), _STOP_WITHIN_S)
        for task in self._running:
            task.cancel()

    async def on_stop(self) -> None:
        """Where the worker crashed nothing has been handed back yet."""
        await self.hand_all_back()

    async def _take_over(self, partition: TopicPartition, rebalanced: asyncio.Event) -> None:
        worker = self._workers.get(partition)
        if worker is None:  # given away again before this began
            return
        try:
            await worker.take_over(rebalanced)
        except PartitionLost as lost:
            await self._lose(partition, rebalanced, lost)
            return
        if not rebalanced.is_set():
            self._live.add(partition)
            self._count_live()
            self._consumer().release(partition)
            for tell in self.on_live:
                tell()

    async def _process(self, fetched: FetchedBatch) -> None:
        partition, rebalanced = fetched.partition, self._rebalanced
        if partition not in self._live:
            return
        try:
            await self._workers[partition].process(fetched)
        except PartitionLost as lost:
            await self._lose(partition, rebalanced, lost)
        else:
            if not rebalanced.is_set() and partition in self._live:
                self._consumer().release(partition)

    async def _lose(self, partition: TopicPartition, rebalanced: asyncio.Event, lost: PartitionLost) -> None:
        """Stop reading until the group decides anew; where it does not, the partition is still ours."""
        if rebalanced.is_set():  # it has decided, and who is told of that acts on it
            return
        log.warning("%s", lost)
        metrics.PARTITIONS_LOST.labels(partition.topic).inc()
        self._live.discard(partition)
        self._count_live()
        with suppress(TimeoutError):
            await asyncio.wait_for(rebalanced.wait(), self._rejoin_s)
        if not rebalanced.is_set() and partition in self._workers:
            await self._take_over(partition, rebalanced)

    @Service.task
    async def _write_checkpoints(self) -> None:
        """Partitions with traffic carry checkpoints with their batches; this serves those that fell idle."""
        async for _ in self.itertimer(self._checkpoint_every_s, name="checkpoints"):
            for partition in list(self._live):
                with suppress(PartitionLost, KeyError):
                    await self._workers[partition].write_checkpoint(due_only=True)

    def _count_live(self) -> None:
        metrics.PARTITIONS_LIVE.set(len(self._live))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        """A consumer must not die silently (faust#175): what nobody foresaw ends the worker, loudly."""
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a partition's task failed: %r", error, exc_info=error)
            asyncio.get_running_loop().create_task(self.crash(error))


async def _leave(worker: PartitionWorker) -> None:
    with suppress(PartitionLost):
        await worker.write_checkpoint(due_only=False)
    await worker.hand_back()
