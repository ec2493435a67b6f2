"""Group commit: all partitions of a worker share one committer, and what is ready is committed together.

A commit costs the broker and its client about the same for one partition as for ten. Source: DeWitt et al.,
"Implementation Techniques for Main Memory Database Systems", SIGMOD 1984, where transactions wait for the log
together.
"""

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka import TopicPartition

from contracts.metrics import scorer as metrics
from stream.partition.commit import CommitUncertain, Ends, PartitionLost, SharedCommitter
from stream.partition.stage import Output, Resume


class GroupCommit:
    """Lets several partitions share one committer; `member` gives the committer of each.

    Args:
        committer: commits for all of them.
    """

    def __init__(self, committer: SharedCommitter) -> None:
        self._committer = committer
        self._members: set[TopicPartition] = set()
        self._broken: Exception | None = PartitionLost("not started")
        self._changing = asyncio.Lock()

    @property
    def marks(self) -> bool:
        """Whether each commit leaves a marker in the partitions that it wrote to."""
        return self._committer.marks

    def member(self, partition: TopicPartition) -> "Member":
        """Return the committer of one partition."""
        return Member(self, partition)

    async def join(self, partition: TopicPartition) -> None:
        """Start the committer unless a member has: one start fences the former owner for all members."""
        async with self._changing:
            self._members.add(partition)
            if self._broken is not None:
                await self._committer.start()
                self._broken = None

    async def leave(self, partition: TopicPartition) -> None:
        """Stop the committer once the last member leaves."""
        async with self._changing:
            self._members.discard(partition)
            if not self._members:
                self._broken = PartitionLost("stopped")
                await self._committer.stop()

    async def commit(
        self,
        outputs: Sequence[Output],
        places: Mapping[TopicPartition, Resume],
        expected: Mapping[TopicPartition, int],
    ) -> Ends:
        """Commit as `SharedCommitter.commit`, one call at a time.

        After a failure nothing is committed until a member joins again, which fences and so settles what is
        in doubt.
        """
        async with self._changing:
            if self._broken is not None:
                raise type(self._broken)(*self._broken.args)
            try:
                ends = await self._committer.commit(outputs, places, expected)
            except (PartitionLost, CommitUncertain) as error:
                outcome = "in_doubt" if isinstance(error, CommitUncertain) else "aborted"
                metrics.COMMITS.labels(outcome).inc()
                self._broken = error
                raise
            except BaseException as error:  # unforeseen, or cancelled halfway
                self._broken = CommitUncertain(f"the commit before failed: {error!r}")
                raise
        metrics.COMMITS.labels("committed").inc()
        return ends


class Member:
    """The committer of one partition in a group. Satisfies `stream.partition.commit.Committer`."""

    def __init__(self, group: GroupCommit, partition: TopicPartition) -> None:
        self._group = group
        self._partition = partition

    async def start(self) -> None:
        await self._group.join(self._partition)

    async def commit(self, outputs: Sequence[Output], place: Resume) -> None:
        await self._group.commit(outputs, {self._partition: place}, {})

    async def stop(self) -> None:
        await self._group.leave(self._partition)
