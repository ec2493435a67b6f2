"""The partitions that the group has assigned to a worker."""

import asyncio
from dataclasses import dataclass, field

from aiokafka import TopicPartition

from stream.partition.worker import PartitionWorker


@dataclass(slots=True)
class HeldPartitions:
    """What the manager changes at each rebalance, and what rounds read.

    Attributes:
        workers: the worker of each assigned partition.
        live: those that have been taken over, and are processed.
        owns_all: whether no other worker has a partition. Then this worker is the only writer to the topics
            between its stages.
        rebalanced: set once the group rebalances; replaced at each assignment.
    """

    workers: dict[TopicPartition, PartitionWorker] = field(default_factory=dict)
    live: set[TopicPartition] = field(default_factory=set)
    owns_all: bool = False
    rebalanced: asyncio.Event = field(default_factory=asyncio.Event)
