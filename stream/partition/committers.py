"""Choose the committer of a partition."""

from collections.abc import Callable, Mapping

from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from settings import Settings
from stream.partition.at_least_once import AtLeastOnce
from stream.partition.commit import Committer
from stream.partition.exactly_once import ExactlyOnce
from stream.partition.group_commit import GroupCommit
from stream.partition.stage import Resume
from stream.transport.driver import BatchFaustConsumer


class Committers:
    """Makes committers as `stream.delivery` says.

    With exactly once, partition i of every stage commits in the same transactions, and other numbers in
    others:
    the assignment gives partition i of all stages to the same worker. With at least once, all partitions of a
    worker commit together.

    Args:
        consumer: returns the Faust consumer, which does not exist yet at construction.
    """

    def __init__(self, settings: Settings, consumer: Callable[[], BatchFaustConsumer]) -> None:
        self._settings = settings
        self._consumer = consumer
        self._groups: dict[int, GroupCommit] = {}

    def get(self, partition: TopicPartition) -> Committer:
        """Return the committer of one partition."""
        exactly_once = self._settings.stream.delivery == "exactly_once"
        number = partition.partition if exactly_once else 0
        if number not in self._groups:
            broker, group = self._settings.broker, self._settings.stream.group
            self._groups[number] = GroupCommit(
                ExactlyOnce(broker, group, number)
                if exactly_once
                else AtLeastOnce(broker, self._commit_places)
            )
        return self._groups[number].member(partition)

    async def _commit_places(self, places: Mapping[TopicPartition, Resume]) -> bool:
        kept = {at: OffsetAndMetadata(place.offset, place.note) for at, place in places.items()}
        return await self._consumer().commit_places(kept)
