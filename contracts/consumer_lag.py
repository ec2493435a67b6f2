"""Measure the lag of a consumer group: the ends of its partitions minus its committed offsets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec


@dataclass(frozen=True)
class PartitionLag:
    """One partition as a group reads it."""

    group: str
    topic: str
    partition: int
    committed: int
    end: int

    @property
    def lag(self) -> int:
        """Records that are not committed yet; the marker at the end of a Kafka transaction counts as one."""
        return max(0, self.end - self.committed)


def ends_of(admin: KafkaAdminClient, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    """Return the offset after the last record of each partition.

    Raises:
        KafkaError: the broker does not answer.
    """
    return offsets_of(admin, partitions, OffsetSpec.LATEST)


def offsets_of(
    admin: KafkaAdminClient, partitions: Iterable[TopicPartition], where: OffsetSpec
) -> dict[TopicPartition, int]:
    """Return one offset of each partition, earliest or latest.

    Raises:
        KafkaError: the broker does not answer.
    """
    wanted = dict.fromkeys(partitions, where)
    found = admin.list_partition_offsets(wanted) if wanted else {}
    return {partition: int(answer.offset) for partition, answer in found.items()}


def lags_of(
    admin: KafkaAdminClient, groups: Iterable[str], ends: Mapping[TopicPartition, int]
) -> list[PartitionLag]:
    """Return the lag of each partition that a group has a committed offset for.

    Raises:
        KafkaError: the broker does not answer.
    """
    wanted = list(groups)
    found = admin.list_group_offsets(wanted) if wanted else {}
    return [
        PartitionLag(group, one.topic, one.partition, at.offset, ends[one])
        for group, committed in sorted(found.items())
        for one, at in sorted(committed.items())
        if one in ends and at.offset >= 0
    ]
