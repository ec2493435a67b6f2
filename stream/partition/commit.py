"""The contract of a commit: outputs and the places after them become visible, together or in turn."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiokafka import TopicPartition

from stream.partition.stage import Output, Resume


class PartitionLost(Exception):
    """Another worker has taken over the partition; none of this worker's outputs are visible."""


class CommitUncertain(Exception):
    """The broker did not answer whether the commit happened; only the committed place shows it."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What one partition has ready to commit.

    Attributes:
        place: None while a batch that was handed over only adds to what the stage holds back.
        done: set once the commit is over; holds its error.
    """

    partition: TopicPartition
    outputs: Sequence[Output]
    place: Resume | None
    done: "asyncio.Future[None]"


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

    async def write(self, outputs: Sequence[Output]) -> list[int]:
        """Write outputs ahead of `commit`; return the offset of the first record of each.

        Raises:
            PartitionLost: as `Committer.commit`.
            CommitUncertain: as `Committer.commit`.
        """

    async def commit(self, outputs: Sequence[Output], places: Mapping[TopicPartition, Resume]) -> None:
        """As `Committer.commit`, for the outputs and places of all partitions that are ready."""

    async def stop(self) -> None:
        """End the tenure."""
