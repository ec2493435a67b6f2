"""Choose the committer of a worker's partitions."""

from collections.abc import Callable, Mapping

from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from settings import Settings
from stream.partition.at_least_once import AtLeastOnce
from stream.partition.commit import Committer
from stream.partition.exactly_once import ExactlyOnce
from stream.partition.group_commit import GroupCommit
from stream.partition.hand_over import HandOver
from stream.partition.stage import Resume
from stream.transport.driver import BatchFaustConsumer


class Committers:
    """Makes committers as `stream.delivery` says; all partitions of a worker commit together.

    Args:
        consumer: returns the Faust consumer, which does not exist yet at construction.
        hand_over: takes outputs to the next stage.
    """

    def __init__(
        self, settings: Settings, consumer: Callable[[], BatchFaustConsumer], hand_over: HandOver
    ) -> None:
        self._consumer = consumer
        broker, stream = settings.broker, settings.stream
        self._group = GroupCommit(
            ExactlyOnce(broker, stream.group, lambda: consumer().tenure)
            if stream.delivery == "exactly_once"
            else AtLeastOnce(broker, self._commit_places),
            hand_over,
        )

    def get(self, partition: TopicPartition) -> Committer:
        """Return the committer of one partition."""
        return self._group.member(partition)

    async def _commit_places(self, places: Mapping[TopicPartition, Resume]) -> bool:
        kept = {at: OffsetAndMetadata(place.offset, place.note) for at, place in places.items()}
        return await self._consumer().commit_places(kept)
