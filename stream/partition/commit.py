"""The contract of a commit: outputs and the places after them become visible, together or in turn."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from aiokafka import TopicPartition

from stream.partition.stage import Output, Resume


class PartitionLost(Exception):
    """Another worker has taken over the partition; none of this worker's outputs are visible."""


class CommitUncertain(Exception):
    """The broker did not answer whether the commit happened; only the committed place shows it."""


class Committer(Protocol):
    """Commits for one input partition."""

    async def start(self) -> None:
        """Take over the partition; with exactly once, no other worker can commit for it now."""

    async def commit(self, outputs: Sequence[Output], place: Resume) -> None:
        """Make `outputs` visible and `place` the group's.

        Where the place stays, as with a checkpoint, it is committed again: that is how the broker finds out
        whether this worker still owns the partition.

        Raises:
            PartitionLost: another worker owns the partition now.
            CommitUncertain: start again, ask for the committed place, then go on from there.
        """

    async def stop(self) -> None:
        """Release the partition; what is not committed never becomes visible."""


Ends = Mapping[TopicPartition, int]
"""The offset after the last record of each partition that a commit has written to."""


class SharedCommitter(Protocol):
    """Commits for several partitions at once. Calls do not overlap.

    Attributes:
        marks: whether each commit leaves a marker in the partitions that it wrote to.
    """

    marks: bool

    async def start(self) -> None:
        """Begin a new tenure; unfinished work of the earlier one is dropped.

        Raises:
            KafkaError: the broker does not answer.
            PartitionLost: another worker owns a partition.
        """

    async def commit(
        self,
        outputs: Sequence[Output],
        places: Mapping[TopicPartition, Resume],
        expected: Mapping[TopicPartition, int],
    ) -> Ends:
        """As `Committer.commit`, for the outputs and places of all partitions of a round.

        Args:
            outputs: as there; those of one partition in order.
            places: the place of each partition.
            expected: the offset that the first record of each of these partitions must get. Where it gets
                another one, another program has written to the partition, and nothing is committed.

        Raises:
            PartitionLost: as `Committer.commit`.
            CommitUncertain: as `Committer.commit`, and where an offset is not the expected one.
        """

    async def stop(self) -> None:
        """End the tenure."""


def ends_of(
    outputs: Sequence[Output], offsets: Sequence[int], expected: Mapping[TopicPartition, int]
) -> Ends:
    """Return where each partition ends that was written to.

    Args:
        outputs: what was written; those of one partition in order.
        offsets: of the first record of each.
        expected: as in `SharedCommitter.commit`.

    Raises:
        CommitUncertain: an offset is not the expected one.
    """
    ends: dict[TopicPartition, int] = {}
    for output, offset in zip(outputs, offsets, strict=True):
        at = TopicPartition(output.topic, output.partition)
        due = ends.get(at, expected.get(at, offset))
        if at in expected and offset != due:
            raise CommitUncertain(f"{at}: offset {offset} instead of {due}; another program writes there")
        ends[at] = offset + output.batch.record_count()
    return ends
