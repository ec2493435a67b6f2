"""Take over, run and hand back all partitions that the group assigns to this worker."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any

from aiokafka import TopicPartition
from mode import Service, get_logger

from contracts.metrics import scorer as metrics
from stream.partition.catching_up import CatchingUp
from stream.partition.commit import PartitionLost, Ready
from stream.partition.worker import PartitionWorker, Received, work_received
from stream.transport.driver import BatchFaustConsumer
from stream.transport.fetched_batch import FetchedBatch

_RESTS_S = 1.0  # without a batch in memory, after which a partition is read from the log again
_STOP_WITHIN_S = 3.0  # Ctrl-C ends everything within five seconds

log = get_logger(__name__)


class PartitionManager(Service):
    """Follows Faust's assignment and runs one task per partition at a time.

    Args:
        consumer: returns the consumer that delivers batches; it does not exist yet at construction.
        make_worker: makes the worker of a partition that this process has not held yet.
        checkpoint_every_s: how often idle partitions are checked for a due checkpoint, in seconds.
        rejoin_s: how long a lost partition waits for the rebalance that should follow, in seconds. Without
            one the group still assigns it to this worker (a transaction had timed out), which takes it over
            again.
        first: input topic of the first stage.
        numbers: number of partitions of each topic. A worker that owns all of them is the only writer to the
            topics between its stages, so it hands batches over in memory and does not read them back.
    """

    def __init__(
        self,
        consumer: Callable[[], BatchFaustConsumer],
        make_worker: Callable[[TopicPartition], PartitionWorker],
        *,
        checkpoint_every_s: float,
        rejoin_s: float,
        first: str,
        numbers: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._consumer = consumer
        self._make_worker = make_worker
        self._checkpoint_every_s = checkpoint_every_s
        self._rejoin_s = rejoin_s
        self._numbers = numbers
        self._owns_all = False
        self._received_at: dict[TopicPartition, float] = {}
        self._catching_up = CatchingUp(first)
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
        """Process a batch in a task of its own; the consumer delivers one batch per partition at a time."""
        self._run(self._process(fetched))

    async def on_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Take over what is assigned now; drop the profiles of what is not."""
        assigned = {TopicPartition(*partition) for partition in assigned}  # Faust passes its own class
        metrics.REBALANCES.inc()
        self._rebalanced.set()
        self._rebalanced = asyncio.Event()
        self._consumer().hold(assigned)
        self._live.clear()
        self._received_at.clear()
        self._catching_up.clear()
        self._owns_all = len({partition.partition for partition in assigned}) == self._numbers
        for partition in self._workers.keys() - assigned:
            del self._workers[partition]
        for partition in sorted(assigned):
            if partition not in self._workers:
                self._workers[partition] = self._make_worker(partition)
            self._run(self._take_over(partition, self._rebalanced))

    def accepts(self, partition: TopicPartition) -> bool:
        """Return whether batches for the partition may be handed over, if their place fits."""
        return self._owns_all and partition in self._live

    async def receive(self, written: Sequence[FetchedBatch], *, after_marker: bool) -> list[Ready]:
        """Work on batches that this worker has just written, instead of reading them back.

        Args:
            written: batches of one stage, with the offsets that the broker gave them.
            after_marker: whether a marker of this worker's own commit may lie before each.

        Returns:
            What joins the commit that wrote the batches. Nothing for a partition that is busy, or where the
            log holds something before the batch: that batch is read from the log.
        """
        admitted = list[tuple[PartitionWorker, FetchedBatch]]()
        for batch in written:
            if not self.accepts(batch.partition):  # it has changed hands since
                continue
            worker = self._workers[batch.partition]
            if await worker.admit(batch, after_marker=after_marker):
                admitted.append((worker, batch))
            else:
                self._read_again(batch.partition)
                self._catching_up.wait_for(batch.partition, batch.next_offset)
        received = work_received(admitted)
        for one in received:
            self._rest(one.worker.partition)
            self._run(self._conclude(one, self._rebalanced))
        return [one.ready for one in received]

    def _rest(self, partition: TopicPartition) -> None:
        """Do not read the partition: its batches come in memory."""
        if partition not in self._received_at:
            self._consumer().pause(partition)
        self._received_at[partition] = time.monotonic()

    async def on_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Finish the current batches, then release the partitions.

        Profiles stay in memory until the next assignment shows who gets the partitions.
        """
        self._rebalanced.set()  # a partition that is still being taken over would go live after the hand-back
        leaving = [self._workers[partition] for partition in revoked if partition in self._workers]
        self._live.difference_update(revoked)
        self._count_live()
        await asyncio.gather(*(worker.hand_back() for worker in leaving))
        self._consumer().forget(revoked)

    async def hand_all_back(self) -> None:
        """Finish the current batches and commit their places while the consumer still runs.

        Writes last checkpoints, so that the next start has little to replay, unless the broker is away.
        Cancels all other tasks, such as a recovery, because they would wait for a consumer that is gone.
        """
        self._rebalanced.set()
        leaving = [self._workers[partition] for partition in self._live]
        self._live.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(_leave(worker) for worker in leaving)), _STOP_WITHIN_S)
        for task in self._running:
            task.cancel()

    async def on_stop(self) -> None:
        """Hand back what a crash has left."""
        await self.hand_all_back()

    async def _take_over(self, partition: TopicPartition, rebalanced: asyncio.Event) -> None:
        worker = self._workers.get(partition)
        if worker is None:  # revoked again before this began
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
        await self._catching_up.before(partition)
        if partition not in self._live or rebalanced.is_set():
            return
        worker = self._workers[partition]
        try:
            await worker.process(fetched)
            self._catching_up.reached(partition, worker.position)
        except PartitionLost as lost:
            await self._lose(partition, rebalanced, lost)
        else:
            if not rebalanced.is_set() and partition in self._live:
                self._consumer().release(partition)

    async def _conclude(self, received: Received, rebalanced: asyncio.Event) -> None:
        partition = received.worker.partition
        try:
            if not await received.worker.conclude(received):
                self._read_again(partition)
        except PartitionLost as lost:
            await self._lose(partition, rebalanced, lost)

    def _read_again(self, partition: TopicPartition) -> None:
        if self._received_at.pop(partition, None) is not None:
            self._consumer().resume(partition, self._workers[partition].position)

    async def _lose(self, partition: TopicPartition, rebalanced: asyncio.Event, lost: PartitionLost) -> None:
        """Stop reading until the group rebalances; without a rebalance take the partition over again."""
        if rebalanced.is_set():  # `on_assigned` has acted on it already
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
    async def _read_what_rests(self) -> None:
        """Read partitions again that receive nothing; what another program writes there must be noticed."""
        async for _ in self.itertimer(_RESTS_S, name="resting partitions"):
            before = time.monotonic() - _RESTS_S
            for partition in [p for p, at in self._received_at.items() if at < before]:
                self._read_again(partition)

    @Service.task
    async def _write_checkpoints(self) -> None:
        """Write the checkpoints of idle partitions; those with traffic write them with their batches."""
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
        """End the worker on an unforeseen error and log it: a consumer must not die silently (faust#175)."""
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a partition's task failed: %r", error, exc_info=error)
            asyncio.get_running_loop().create_task(self.crash(error))


async def _leave(worker: PartitionWorker) -> None:
    with suppress(PartitionLost):
        await worker.write_checkpoint(due_only=False)
    await worker.hand_back()
