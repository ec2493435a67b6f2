"""One partition in this worker's hands."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from aiokafka import TopicPartition
from mode import get_logger

from stream.checkpoint.checkpoint import Checkpoint
from stream.checkpoint.recovery import Recovery
from stream.partition.commit import Committer, CommitUncertain, PartitionLost
from stream.partition.hop import Hop, Work
from stream.partition.output import Output
from stream.partition.patience import until_the_broker_answers
from stream.transport.span import Span

log = get_logger(__name__)


class Place(Protocol):
    """Where the group stands in a partition."""

    async def committed(self, partition: TopicPartition) -> int | None:
        """The committed position, asked of the broker; None if there is none yet."""

    async def earliest(self, partition: TopicPartition) -> int:
        """The first offset that the broker still has."""


class PartitionWorker:
    """Runs a hop over one partition: span after span, each committed before its profiles are published.

    Args:
        partition: the input partition.
        hop: what to do with a span.
        seek: makes the consumer continue at an offset.
        on_done: told of each span that is committed.
    """

    def __init__(
        self,
        partition: TopicPartition,
        hop: Hop,
        committer: Committer,
        checkpoint: Checkpoint,
        recovery: Recovery,
        place: Place,
        seek: Callable[[TopicPartition, int], Awaitable[None]],
        on_done: Callable[[TopicPartition, Work], None],
    ) -> None:
        self.partition = partition
        self.hop = hop
        self._committer = committer
        self._checkpoint = checkpoint
        self._recovery = recovery
        self._place = place
        self._seek = seek
        self._on_done = on_done
        self._committed: int | None = None
        self._position = -1
        self._busy = asyncio.Lock()

    async def take_over(self) -> None:
        """Become the owner and continue where the group stands.

        1. Fence the former owner. 2. Ask for the committed position. 3. If the profiles in memory stand for
        it, keep them. 4. Otherwise restore the checkpoint and replay the input up to it. 5. Continue there.
        A crash anywhere costs the time spent: nothing is written before 5.
        """
        await self.hop.ready()
        async with self._busy:
            await self._fence()  # 1
            committed = await self._ask_committed()  # 2
            if self._position < 0 or committed != self._committed:  # 3
                self._committed = committed
                self._position = await self._recover(committed)  # 4
            await self._seek(self.partition, self._position)  # 5

    async def process(self, span: Span) -> None:
        """Do the span's work, commit it, publish its profiles.

        Raises:
            PartitionLost: another worker owns the partition; nothing of the span is visible.
        """
        async with self._busy:
            if span.fetch_offset != self._position:  # the consumer was moved by Faust, or a fetch came late
                log.info(
                    "%s: span at %d, expected %d: seeking", self.partition, span.fetch_offset, self._position
                )
                await self._seek(self.partition, self._position)
                return
            if len(span):
                await self._work_and_commit(span)
            self._position = span.next_offset

    async def checkpoint_if_due(self) -> None:
        """Write a checkpoint if the last one is old enough."""
        if self._checkpoint.due():
            await self.write_checkpoint()

    async def write_checkpoint(self) -> None:
        """Write what has changed since the last checkpoint, although no span is at hand to carry it."""
        async with self._busy:
            outputs = self._checkpoint.outputs(self.hop.profiles, self._position)
            if not outputs:
                return
            try:
                await self._committer.commit(outputs, None)
                self._checkpoint.written(self.hop.profiles)
            except CommitUncertain:
                await self._fence()  # written or not, the next one says it all again

    async def settled(self) -> None:
        """Return once no span is in hand that was begun before."""
        async with self._busy:
            return

    async def hand_back(self) -> None:
        """Finish the span in hand, then let go. The profiles stay, in case the partition comes back."""
        async with self._busy:
            await self._committer.stop()

    async def _work_and_commit(self, span: Span) -> None:
        profiles = self.hop.profiles
        checkpoint = self._checkpoint.outputs(profiles, self._position) if self._checkpoint.due() else []
        work = self.hop.work(span)
        await self._commit([*checkpoint, *work.outputs], span.next_offset)
        if checkpoint:
            self._checkpoint.written(profiles)  # before publishing: what this span changes is not in it
        profiles.publish(work.staged)
        self._committed = span.next_offset
        self._on_done(self.partition, work)

    async def _commit(self, outputs: Sequence[Output], target: int) -> None:
        while True:
            try:
                return await self._committer.commit(outputs, target)
            except CommitUncertain as uncertain:
                log.warning("%s; asking the broker what holds", uncertain)
                if await self._is_committed(target):
                    return None

    async def _is_committed(self, target: int) -> bool:
        """Fence again, which settles any transaction under way, and see where the group stands now."""
        await self._fence()
        committed = await self._ask_committed()
        if committed not in (target, self._committed):
            raise PartitionLost(f"{self.partition} went on to {committed} without us, from {self._committed}")
        return committed == target

    async def _fence(self) -> None:
        await until_the_broker_answers(self._committer.start, f"taking over {self.partition}")

    async def _ask_committed(self) -> int | None:
        return await until_the_broker_answers(
            lambda: self._place.committed(self.partition), f"the place in {self.partition}"
        )

    async def _recover(self, committed: int | None) -> int:
        self.hop.forget()
        earliest = await self._place.earliest(self.partition)
        if committed is None:
            return earliest
        start = await self._recovery.restore(self.partition, self.hop.profiles)
        await self._recovery.replay(self.partition, self.hop, max(earliest, start or 0), committed)
        return committed
