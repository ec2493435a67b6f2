"""How far a consumer group is behind: its committed offsets against where the partitions end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec


@dataclass(frozen=True)
class PartitionLag:
    """One partition as a group reads it; `lag` in records, a transaction's end counts as one."""

    group: str
    topic: str
    partition: int
    committed: int
    end: int

    @property
    def lag(self) -> int:
        """Records that are there and not committed."""
        return max(0, self.end - self.committed)


def ends_of(admin: KafkaAdminClient, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    """The offset that follows the last record of each partition. Raises KafkaError."""
    return offsets_of(admin, partitions, OffsetSpec.LATEST)


def offsets_of(
    admin: KafkaAdminClient, partitions: Iterable[TopicPartition], where: OffsetSpec
) -> dict[TopicPartition, int]:
    """An offset of each partition. Raises KafkaError."""
    wanted = dict.fromkeys(partitions, where)
    found = admin.list_partition_offsets(wanted) if wanted else {}
    return {partition: int(answer.offset) for partition, answer in found.items()}


def lags_of(
    admin: KafkaAdminClient, groups: Iterable[str], ends: Mapping[TopicPartition, int]
) -> list[PartitionLag]:
    """Where groups have committed something, partition by partition. Raises KafkaError."""
    wanted = list(groups)
    found = admin.list_group_offsets(wanted) if wanted else {}
    return [
        PartitionLag(group, one.topic, one.partition, at.offset, ends[one])
        for group, committed in sorted(found.items())
        for one, at in sorted(committed.items())
        if one in ends and at.offset >= 0
    ]
