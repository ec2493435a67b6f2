"""Group commit: everything that a worker's partitions have ready is committed together.

A commit costs the broker and its client about the same for one partition as for ten. What becomes ready
during a commit waits for the next. Source: DeWitt et al., "Implementation Techniques for Main Memory Database
Systems", SIGMOD 1984, where transactions wait for the log together.
"""

import asyncio
from collections.abc import Sequence

from aiokafka import TopicPartition

from contracts.metrics import scorer as metrics
from stream.partition.commit import CommitUncertain, PartitionLost, Ready, SharedCommitter
from stream.partition.hand_over import HandOver
from stream.partition.stage import Output, Resume, joined_by_partition

# After a commit all partitions get their next batch within a millisecond or two. Whichever is first waits for
# the others, which would otherwise wait for a whole commit.
GATHER_S = 0.0015


class GroupCommit:
    """Lets several partitions share one committer; `member` gives the committer of each.

    Args:
        committer: commits for all of them.
        hand_over: takes the outputs of one stage to the next within the commit.
    """

    def __init__(self, committer: SharedCommitter, hand_over: HandOver) -> None:
        self._committer = committer
        self._hand_over = hand_over
        self._members: set[TopicPartition] = set()
        self._ready: list[Ready] = []
        self._running: asyncio.Task[None] | None = None
        self._broken: Exception | None = PartitionLost("not started")
        self._changing = asyncio.Lock()
        self._together = True

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

    async def commit(self, partition: TopicPartition, outputs: Sequence[Output], place: Resume) -> None:
        """Return once the outputs and the place are committed; raises as `Committer.commit`."""
        done = asyncio.get_running_loop().create_future()
        self._ready.append(Ready(partition, outputs, place, done))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        await done

    async def _run(self) -> None:
        try:
            while self._ready:
                await asyncio.sleep(GATHER_S)
                await self._commit_together(self._take())
        finally:
            self._running = None

    def _take(self) -> list[Ready]:
        """Take all ready entries.

        After a failure take one at a time, so that one entry that always fails cannot block the others.
        """
        count = len(self._ready) if self._together else 1
        taken, self._ready = self._ready[:count], self._ready[count:]
        return taken

    async def _commit_together(self, ready: list[Ready]) -> None:
        """Commit the entries, and the batches that are handed over to later stages, which join `ready`."""
        try:
            if self._broken is not None:
                raise self._broken
            outputs = joined_by_partition([output for one in ready for output in one.outputs])
            if self._together:
                outputs = await self._hand_over.through_stages(outputs, self._committer, ready)
            places = {one.partition: one.place for one in ready if one.place is not None}
            await self._committer.commit(outputs, places)
        except (PartitionLost, CommitUncertain) as error:
            outcome = "in_doubt" if isinstance(error, CommitUncertain) else "aborted"
            metrics.COMMITS.labels(outcome).inc()
            self._broken = error
            self._together = False
            _finish(ready, error)
        except Exception as error:  # unforeseen; without it the partitions would wait for ever
            self._broken = CommitUncertain(f"the commit before failed: {error!r}")
            for one in ready:
                if not one.done.done():
                    one.done.set_exception(error)
        else:
            metrics.COMMITS.labels("committed").inc()
            self._together = True
            _finish(ready, None)


class Member:
    """The committer of one partition in a group. Satisfies `stream.partition.commit.Committer`."""

    def __init__(self, group: GroupCommit, partition: TopicPartition) -> None:
        self._group = group
        self._partition = partition

    async def start(self) -> None:
        await self._group.join(self._partition)

    async def commit(self, outputs: Sequence[Output], place: Resume) -> None:
        await self._group.commit(self._partition, outputs, place)

    async def stop(self) -> None:
        await self._group.leave(self._partition)


def _finish(ready: Sequence[Ready], error: Exception | None) -> None:
    for one in ready:
        if one.done.done():  # cancelled, because the worker is stopping
            continue
        if error is None:
            one.done.set_result(None)
        else:
            one.done.set_exception(type(error)(*error.args))
