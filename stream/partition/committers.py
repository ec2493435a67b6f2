"""Choose how the partitions of a worker commit."""

from collections.abc import Callable, Mapping

from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from settings import Settings
from stream.partition.at_least_once import AtLeastOnce
from stream.partition.exactly_once import ExactlyOnce
from stream.partition.group_commit import GroupCommit
from stream.partition.stage import Resume
from stream.transport.driver import BatchFaustConsumer


def group_commit(settings: Settings, consumer: Callable[[], BatchFaustConsumer]) -> GroupCommit:
    """Return the group commit that `stream.delivery` asks for.

    Args:
        settings: names the broker, the group and the guarantee.
        consumer: returns the Faust consumer, which does not exist yet at construction.
    """
    broker, stream = settings.broker, settings.stream
    if stream.delivery == "exactly_once":
        return GroupCommit(ExactlyOnce(broker, stream.group, lambda: consumer().tenure))

    async def commit_places(places: Mapping[TopicPartition, Resume]) -> bool:
        kept = {at: OffsetAndMetadata(place.offset, place.note) for at, place in places.items()}
        return await consumer().commit_places(kept)

    return GroupCommit(AtLeastOnce(broker, commit_places))
