"""What it means to commit: outputs and the place after them become visible, together or in turn."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from aiokafka import TopicPartition

from stream.partition.stage import Output, Resume


class PartitionLost(Exception):
    """Another worker has taken the partition over; nothing of ours is visible."""


class CommitUncertain(Exception):
    """The broker did not say whether the commit happened; only the committed place can tell."""


class Committer(Protocol):
    """Commits for one input partition."""

    async def start(self) -> None:
        """Take the partition over; from here on nobody else's commit for it succeeds (exactly once)."""

    async def commit(self, outputs: Sequence[Output], place: Resume | None) -> None:
        """Make `outputs` visible and `place` the group's; None leaves it where it is.

        Raises:
            PartitionLost: another worker owns the partition now.
            CommitUncertain: start again, ask for the committed place, then go on from there.
        """

    async def stop(self) -> None:
        """Let go; what is not committed never becomes visible."""


class SharedCommitter(Protocol):
    """Commits for several partitions at once; never called again before the call before has returned."""

    async def start(self) -> None:
        """Begin a new tenure, whatever the one before left unfinished. Raises KafkaError, PartitionLost."""

    async def commit(self, outputs: Sequence[Output], places: Mapping[TopicPartition, Resume]) -> None:
        """As `Committer.commit`, for the outputs and places of all partitions that are ready."""

    async def stop(self) -> None:
        """End the tenure."""
