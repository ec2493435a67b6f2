"""Own one partition: take it over, follow its batches through commits, hand it back."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from aiokafka import TopicPartition
from mode import get_logger

from contracts.metrics import scorer as metrics
from contracts.metrics.retention import DELETED_UNREAD
from stream.partition.commit import Committer, CommitUncertain, PartitionLost
from stream.partition.stage import Output, Resume, Stage, Work
from stream.transport.fetched_batch import FetchedBatch
from stream.transport.patience import until_the_broker_answers

T = TypeVar("T")
log = get_logger(__name__)


class Place(Protocol):
    """The group's place in a partition."""

    async def committed(self, partition: TopicPartition) -> Resume | None:
        """Ask the broker for the committed place; None if there is none yet."""

    async def earliest(self, partition: TopicPartition) -> int:
        """Return the first offset that the broker still has."""


@dataclass(frozen=True, slots=True)
class Done:
    """The work on a batch, not yet committed.

    Attributes:
        saves: whether a checkpoint joins the commit.
        began: when the work began, seconds since 1970.
        worked: when it ended.
        next_offset: where the partition continues after the batch.
    """

    work: Work
    saves: bool
    began: float
    worked: float
    next_offset: int


class PartitionWorker:
    """Keeps a stage's state and its place in one partition in step.

    A round (`stream.partition.round`) admits a batch, works on it, commits it together with others, and then
    concludes it: only now its staged state becomes current. From admission to conclusion the partition is
    locked.

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
        self.stage = stage
        self._committer = committer
        self._place = place
        self._seek = seek
        self._on_done = on_done
        self._committed: Resume | None = None
        self._position = -1  # where the next batch must begin; -1 before the first recovery
        self._written_until: int | None = None  # end of what this worker wrote here last, in this tenure
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
        await self.stage.ready()
        async with self._busy:
            if rebalanced.is_set():
                return
            self._written_until = None
            await self._fence()  # 1
            committed = await self._ask_committed()  # 2
            earliest = await self._ask_earliest()
            if self._position < 0 or committed != self._committed:  # 3
                self._committed = committed
                self._position = await self._ask(lambda: self.stage.recover(committed, earliest))  # 4
            self._skip_deleted(earliest)  # 5
            await self._seek(self.partition, self._position)  # 6
            log.info("%s: ours from offset %d on", self.partition, self._position)

    async def admit(self, fetched: FetchedBatch) -> bool:
        """Lock the partition for a batch from the log, if it is the next one; `conclude` must follow.

        If not, the consumer was moved by Faust, or a fetch came late: then it is moved to the right place.

        Raises:
            PartitionLost: another worker owns the partition.
        """
        await self._busy.acquire()
        if fetched.fetch_offset == self._position:
            return True
        try:
            log.debug("%s: %d came, %d is next", self.partition, fetched.fetch_offset, self._position)
            if fetched.fetch_offset > self._position:
                self._skip_deleted(await self._ask_earliest())
            await self._seek(self.partition, self._position)
        finally:
            self._busy.release()
        return False

    async def admit_next_written(self, *, marks: bool) -> int | None:
        """Lock the partition for a batch that this worker is about to write there; `conclude` must follow.

        Args:
            marks: whether each commit leaves a marker in the partitions that it wrote to.

        Returns:
            The offset that the batch will get. None, without a lock, where the partition is at work, or the
            log may hold what is not read yet.
        """
        if self._busy.locked() or self._written_until is None or self._position < self._written_until:
            return None
        await self._busy.acquire()  # free, so this does not wait
        return self._position + (1 if marks and self._position == self._written_until else 0)

    def checkpoint(self) -> Sequence[Output]:
        """Return the records of a checkpoint, if one is due."""
        return self.stage.checkpoint(self._position, due_only=True)

    def note_written(self, end: int | None) -> None:
        """Note where this worker's last commit ends here; None if its outcome was in doubt."""
        self._written_until = end

    async def write_checkpoint(self, *, due_only: bool) -> None:
        """Save what has changed since the last checkpoint, in a commit of its own."""
        async with self._busy:
            if self._committed is None:
                return
            outputs = self.stage.checkpoint(self._position, due_only=due_only)
            if not outputs:
                return
            try:
                await self._committer.commit(outputs, self._committed)
                self.stage.checkpointed()
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

    async def conclude(self, done: Done, failure: Exception | None) -> bool:
        """Make the state of an admitted batch current if its commit came true; otherwise drop it.

        Args:
            done: the work on the batch.
            failure: the error of the commit.

        Returns:
            Whether the batch is committed. If not, the log decides what comes next.

        Raises:
            PartitionLost: another worker owns the partition.
        """
        try:
            if failure is not None and not await self._came_true(done.work.resume, failure):
                self.stage.discard(done.work)
                return False
        except BaseException:
            self.stage.discard(done.work)
            raise
        else:
            self._committed = done.work.resume or self._committed
            self._publish(done)
            self._position = done.next_offset
            return True
        finally:
            self._busy.release()

    def pass_over(self, next_offset: int) -> None:
        """End the admission of a batch without records: nothing is committed for it."""
        self._position = next_offset
        self._busy.release()

    def abandon(self, work: Work | None) -> None:
        """End an admission without a commit."""
        if work is not None:
            self.stage.discard(work)
        self._busy.release()

    async def _came_true(self, target: Resume | None, failure: Exception) -> bool:
        """Fence again, which settles any open transaction, and compare the committed place.

        Without a place of its own, a batch only waits in memory: it is read again.
        """
        if not isinstance(failure, CommitUncertain):
            raise failure
        metrics.COMMITS_IN_DOUBT.labels(self.partition.topic).inc()
        self._written_until = None
        await self._fence()
        if target is None:
            return False
        committed = await self._ask_committed()
        if committed not in (target, self._committed):
            raise PartitionLost(f"{self.partition} went on to {committed} without us, from {self._committed}")
        return committed == target

    def _publish(self, done: Done) -> None:
        if done.saves:
            self.stage.checkpointed()  # before publishing: what this batch changes is not in it
        self.stage.publish(done.work)
        self._observe(done)
        self._on_done(self.partition, done.work)

    def _observe(self, done: Done) -> None:
        steps = {"work": done.worked - done.began, "commit": time.time() - done.worked}
        if done.work.oldest_arrival is not None:
            steps["age"] = max(0.0, done.began - done.work.oldest_arrival)
        for step, seconds in steps.items():
            metrics.STEP_SECONDS.labels(self.partition.topic, step).observe(seconds)

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
        self.stage.skip(self._position, earliest)
        self._position = earliest

    async def _ask_earliest(self) -> int:
        return await self._ask(lambda: self._place.earliest(self.partition))

    async def _fence(self) -> None:
        await self._ask(self._committer.start)

    async def _ask_committed(self) -> Resume | None:
        return await self._ask(lambda: self._place.committed(self.partition))

    async def _ask(self, ask: Callable[[], Awaitable[T]]) -> T:
        return await until_the_broker_answers(ask, str(self.partition))
