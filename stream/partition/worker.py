"""Run a stage over one partition."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from aiokafka import TopicPartition
from mode import get_logger

from contracts.metrics import scorer as metrics
from contracts.metrics.retention import DELETED_UNREAD
from stream.partition.commit import Committer, CommitUncertain, PartitionLost, Ready
from stream.partition.patience import until_the_broker_answers
from stream.partition.stage import Output, Resume, Stage, Work
from stream.transport.fetched_batch import FetchedBatch

T = TypeVar("T")
log = get_logger(__name__)


class Place(Protocol):
    """The group's place in a partition."""

    async def committed(self, partition: TopicPartition) -> Resume | None:
        """Ask the broker for the committed place; None if there is none yet."""

    async def earliest(self, partition: TopicPartition) -> int:
        """Return the first offset that the broker still has."""


@dataclass(frozen=True, slots=True)
class Did:
    """The work on a batch, not yet committed.

    Attributes:
        outputs: those of the work, after those of a checkpoint.
        saves: whether there is a checkpoint.
        began: when the work began, seconds since 1970.
        worked: when it ended.
    """

    work: Work
    outputs: Sequence[Output]
    saves: bool
    began: float
    worked: float

    @classmethod
    def of(cls, work: Work, checkpoint: Sequence[Output], began: float) -> "Did":
        return cls(work, [*checkpoint, *work.outputs], bool(checkpoint), began, time.time())


@dataclass(frozen=True, slots=True)
class Received:
    """A batch that came in memory, and its part in the commit that writes it."""

    worker: "PartitionWorker"
    did: Did
    ready: Ready
    next_offset: int


class PartitionWorker:
    """Runs a stage over one partition: each batch is committed before its staged state becomes current.

    Args:
        partition: the input partition.
        stage: turns a batch into outputs and a next state.
        seek: makes the consumer continue at an offset. Raises PartitionLost.
        on_done: called after each batch.
    """

    def __init__(
        self,
        partition: TopicPartition,
        stage: Stage,
        committer: Committer,
        place: Place,
        seek: Callable[[TopicPartition, int], Awaitable[None]],
        on_done: Callable[[TopicPartition, Work], None],
    ) -> None:
        self.partition = partition
        self._stage = stage
        self._committer = committer
        self._place = place
        self._seek = seek
        self._on_done = on_done
        self._committed: Resume | None = None
        self._position = -1  # where the next batch must begin; -1 before the first recovery
        self._received_until = -1  # end of the last batch that came in memory
        self._busy = asyncio.Lock()

    @property
    def position(self) -> int:
        """The offset at which the next batch must begin."""
        return self._position

    async def take_over(self, rebalanced: asyncio.Event) -> None:
        """Become the owner and continue where the group stands.

        1. Fence the former owner. 2. Ask for the committed place. 3. If the state in memory belongs to that
        place, keep it. 4. Otherwise recover. 5. If the broker begins later, skip what it has deleted.
        6. Continue there. A crash at any step costs the time spent: nothing is written before 6.

        Args:
            rebalanced: set once the group rebalances. Then nothing is done: the wait for a base may outlast
                the ownership, and 1 would fence the new owner.

        Raises:
            PartitionLost: another worker owns the partition.
        """
        await self._stage.ready()
        async with self._busy:
            if rebalanced.is_set():
                return
            await self._fence()  # 1
            committed = await self._ask_committed()  # 2
            earliest = await self._ask_earliest()
            if self._position < 0 or committed != self._committed:  # 3
                self._committed = committed
                self._position = await self._ask(lambda: self._stage.recover(committed, earliest))  # 4
            self._skip_deleted(earliest)  # 5
            await self._seek(self.partition, self._position)  # 6
            log.info("%s: ours from offset %d on", self.partition, self._position)

    async def process(self, fetched: FetchedBatch) -> None:
        """Do the batch's work, commit it, and make its state current.

        Raises:
            PartitionLost: another worker owns the partition; nothing of the batch is visible.
        """
        async with self._busy:
            if (
                fetched.fetch_offset != self._position
            ):  # the consumer was moved by Faust, or a fetch came late
                log.debug("%s: %d came, %d is next", self.partition, fetched.fetch_offset, self._position)
                if fetched.fetch_offset > self._position:
                    self._skip_deleted(await self._ask_earliest())
                await self._seek(self.partition, self._position)
                return
            if len(fetched) or fetched.records.refused:
                await self._work_and_commit(fetched)
            self._position = fetched.next_offset

    async def write_checkpoint(self, *, due_only: bool) -> None:
        """Save what has changed since the last checkpoint, in a commit of its own."""
        async with self._busy:
            if self._committed is None:
                return
            outputs = self._stage.checkpoint(self._position, due_only=due_only)
            if not outputs:
                return
            try:
                await self._committer.commit(outputs, self._committed)
                self._stage.checkpointed()
            except CommitUncertain:
                await self._fence()  # written or not: the next checkpoint has the same rows

    async def settled(self) -> None:
        """Wait until every batch that was started before this call is finished."""
        async with self._busy:
            return

    async def hand_back(self) -> None:
        """Finish the current batch, then release the partition. The state stays, in case it comes back."""
        async with self._busy:
            await self._committer.stop()

    async def admit(self, written: FetchedBatch, *, after_marker: bool) -> bool:
        """Take a batch in memory if the partition is idle and the batch begins where the last one ended.

        If so, `work_received` and `conclude` must follow.

        Args:
            written: the batch, with the offsets that the broker gave it.
            after_marker: whether an offset between the batches may be the marker of this worker's own last
                transaction.
        """
        gap = written.fetch_offset - self._position
        follows = gap == 0 or (after_marker and gap == 1 and self._position == self._received_until)
        if self._busy.locked() or not follows:
            return False
        return await self._busy.acquire()  # free, so this does not wait

    async def conclude(self, received: Received) -> bool:
        """Wait for the commit; make the state of a received batch current, or drop it.

        Returns:
            Whether the batch is committed. If not, the log decides what comes next.

        Raises:
            PartitionLost: another worker owns the partition.
        """
        did, ready = received.did, received.ready
        try:
            if not await self._came_true(ready):
                self._stage.discard(did.work)
                return False
        except BaseException:
            self._stage.discard(did.work)
            raise
        else:
            self._committed = ready.place or self._committed
            self._publish(did)
            self._position = self._received_until = received.next_offset
            return True
        finally:
            self._busy.release()

    async def _came_true(self, ready: Ready) -> bool:
        try:
            await ready.done
        except CommitUncertain:
            # Without a place of its own, the batch only waits in memory: it is read again.
            return ready.place is not None and await self._is_committed(ready.place)
        return True

    async def _work_and_commit(self, fetched: FetchedBatch) -> None:
        did = self._work(fetched)
        try:
            if did.work.resume is not None:
                await self._commit(did.outputs, did.work.resume)
        except BaseException:
            self._stage.discard(did.work)
            raise
        self._publish(did)

    def _work(self, fetched: FetchedBatch) -> Did:
        began = time.time()
        checkpoint = self._stage.checkpoint(self._position, due_only=True)
        return Did.of(self._stage.work(fetched), checkpoint, began)

    def _publish(self, did: Did) -> None:
        if did.saves:
            self._stage.checkpointed()  # before publishing: what this batch changes is not in it
        self._stage.publish(did.work)
        self._observe(did)
        self._on_done(self.partition, did.work)

    def _observe(self, did: Did) -> None:
        steps = {"work": did.worked - did.began, "commit": time.time() - did.worked}
        if did.work.oldest_arrival is not None:
            steps["age"] = max(0.0, did.began - did.work.oldest_arrival)
        for step, seconds in steps.items():
            metrics.STEP_SECONDS.labels(self.partition.topic, step).observe(seconds)

    async def _commit(self, outputs: Sequence[Output], target: Resume) -> None:
        while True:
            try:
                await self._committer.commit(outputs, target)
                break
            except CommitUncertain as uncertain:
                log.warning("%s; asking the broker for the committed place", uncertain)
                metrics.COMMITS_IN_DOUBT.labels(self.partition.topic).inc()
                if await self._is_committed(target):
                    break
        self._committed = target

    async def _is_committed(self, target: Resume) -> bool:
        """Fence again, which settles any open transaction, and compare the committed place."""
        await self._fence()
        committed = await self._ask_committed()
        if committed not in (target, self._committed):
            raise PartitionLost(f"{self.partition} went on to {committed} without us, from {self._committed}")
        return committed == target

    def _skip_deleted(self, earliest: int) -> None:
        """Continue at the first offset there is: a worker that waits for deleted records waits for ever."""
        deleted = earliest - self._position
        if deleted <= 0:
            return
        log.error(
            "%s: the broker deleted %d offsets before they were read, %d to %d; their transactions have no "
            "score. Retention is too short for the time that no worker ran",
            self.partition,
            deleted,
            self._position,
            earliest - 1,
        )
        DELETED_UNREAD.labels(self.partition.topic).inc(deleted)
        self._stage.skip(self._position, earliest)
        self._position = earliest

    async def _ask_earliest(self) -> int:
        return await self._ask(lambda: self._place.earliest(self.partition))

    async def _fence(self) -> None:
        await self._ask(self._committer.start)

    async def _ask_committed(self) -> Resume | None:
        return await self._ask(lambda: self._place.committed(self.partition))

    async def _ask(self, ask: Callable[[], Awaitable[T]]) -> T:
        return await until_the_broker_answers(ask, str(self.partition))


def work_received(admitted: Sequence[tuple[PartitionWorker, FetchedBatch]]) -> list[Received]:
    """Work on admitted batches of one stage together, within the commit that writes them."""
    if not admitted:
        return []
    loop, began = asyncio.get_running_loop(), time.time()
    try:
        checkpoints = [one._stage.checkpoint(one._position, due_only=True) for one, _ in admitted]
        works = admitted[0][0]._stage.work_together([(one._stage, written) for one, written in admitted])
    except BaseException:
        for one, _ in admitted:
            one._busy.release()
        raise
    received = []
    for (one, written), work, checkpoint in zip(admitted, works, checkpoints, strict=True):
        did = Did.of(work, checkpoint, began)
        ready = Ready(one.partition, did.outputs, work.resume, loop.create_future())
        received.append(Received(one, did, ready, written.next_offset))
    return received
