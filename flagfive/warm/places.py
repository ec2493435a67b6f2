"""Where the profiles of each stage are kept, and whether anything stands against writing them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import TopicPartition
from kafka import KafkaAdminClient
from kafka import TopicPartition as AdminPartition
from kafka.admin import OffsetSpec
from kafka.errors import GroupIdNotFoundError, KafkaError

from contracts.consumer_lag import offsets_of
from flagfive.cluster import BrokerAway, administrator
from flagfive.errors import UserError
from flagfive.new_cluster import once_coordinated
from settings import Settings
from stream.checkpoint.stored_keys import stored_keys
from stream.partition.stage import Resume


class NotReplaceable(UserError):
    """Workers run, or there are profiles that would be lost."""


@dataclass(frozen=True)
class StatePlace:
    """The profiles of one entity in one partition.

    Attributes:
        entity: index of the entity in the settings.
        source: the partition whose transactions they are folded from.
        checkpoint: the partition that keeps them.
        committed: where workers stand in `source`; None where they have not begun.
        earliest: first offset of `source` that the broker still has.
    """

    entity: int
    source: TopicPartition
    checkpoint: TopicPartition
    committed: Resume | None
    earliest: int

    @property
    def position(self) -> int:
        """The offset from which workers go on."""
        return self.earliest if self.committed is None else self.committed.offset


def places_of_stopped(settings: Settings) -> list[StatePlace]:
    """Return every place, once no worker runs.

    Raises:
        BrokerAway: no broker answers.
        NotReplaceable: workers run, or a topic is missing or has another number of partitions.
    """
    with administrator(settings.broker) as admin:
        try:
            _refuse_running(admin, settings.stream.group)
            return _places(admin, settings)
        except KafkaError as error:
            raise BrokerAway(settings.broker.bootstrap, repr(error)) from None


def refuse_running(settings: Settings) -> None:
    """Check again that no worker runs.

    Raises:
        BrokerAway: no broker answers.
        NotReplaceable: workers run.
    """
    with administrator(settings.broker) as admin:
        _refuse_running(admin, settings.stream.group)


def refuse_used(settings: Settings, places: Sequence[StatePlace]) -> None:
    """Check that no worker has ever kept anything in these places.

    Raises:
        NotReplaceable: there are profiles, or places that workers have reached.
    """
    used = [str(place.source) for place in places if place.committed is not None]
    if used:
        raise NotReplaceable(
            f"workers have already scored: the group {settings.stream.group!r} has places in {len(used)} "
            "partitions. --replace forgets their profiles and takes those of the file"
        )
    full = asyncio.run(_with_profiles(settings, places))
    if full:
        raise NotReplaceable(
            f"{', '.join(full[:3])} of {len(full)} partitions hold profiles already. --replace forgets them "
            "and takes those of the file"
        )


async def _with_profiles(settings: Settings, places: Sequence[StatePlace]) -> list[str]:
    most_bytes = settings.stream.unpacked_bytes
    return [
        f"{place.checkpoint.topic}/{place.checkpoint.partition}"
        for place in places
        if await stored_keys(settings.broker, place.checkpoint, most_bytes, most=1)
    ]


def _refuse_running(admin: KafkaAdminClient, group: str) -> None:
    try:
        members = once_coordinated(lambda: admin.describe_groups([group])[group]["members"])
    except GroupIdNotFoundError:
        return
    if members:
        raise NotReplaceable(
            f"{len(members)} workers of the group {group!r} run: stop them first, since they would not see "
            "what is written, and would write over it. A worker that was killed counts for "
            "stream.session_timeout_s seconds"
        )


def _places(admin: KafkaAdminClient, settings: Settings) -> list[StatePlace]:
    topics, kinds = settings.topics, [entity.name for entity in settings.entities]
    sources = [topics.transactions, *(topics.stage_topic(kind) for kind in kinds[1:])]
    kept = [topics.checkpoint_topic(kind) for kind in kinds]
    _check_partitions(admin, [*sources, *kept], topics.partitions)
    wanted = [AdminPartition(topic, number) for topic in sources for number in range(topics.partitions)]
    earliest = offsets_of(admin, wanted, OffsetSpec.EARLIEST)
    group = settings.stream.group
    committed = once_coordinated(lambda: admin.list_group_offsets([group])).get(group, {})
    found = []
    for entity, (source, checkpoint) in enumerate(zip(sources, kept, strict=True)):
        for number in range(topics.partitions):
            at = AdminPartition(source, number)
            place = committed.get(at)
            resume = Resume(place.offset, place.metadata or "") if place and place.offset >= 0 else None
            found.append(
                StatePlace(
                    entity,
                    TopicPartition(source, number),
                    TopicPartition(checkpoint, number),
                    resume,
                    earliest[at],
                )
            )
    return found


def _check_partitions(admin: KafkaAdminClient, names: Sequence[str], partitions: int) -> None:
    there = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(list(names))}
    wrong = [f"{name} has {there.get(name, 0)}" for name in names if there.get(name, 0) != partitions]
    if wrong:
        raise NotReplaceable(
            f"{partitions} partitions are needed of each topic: {', '.join(wrong)}. Create topics with: "
            "flagfive topics"
        )
