"""Read the group's committed places from the broker."""

import asyncio
from collections.abc import Callable

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts.broker import Broker, aiokafka_options
from stream.partition.stage import Resume
from stream.transport.driver import BatchFaustConsumer


class GroupPlace:
    """Committed and earliest offsets of one consumer group.

    Args:
        broker: the cluster and how to connect to it.
        group: the consumer group.
        consumer: returns the consumer, which knows the first offsets that the broker still has.
    """

    def __init__(self, broker: Broker, group: str, consumer: Callable[[], BatchFaustConsumer]) -> None:
        self._broker = broker
        self._group = group
        self._consumer = consumer
        self._admin: AIOKafkaAdminClient | None = None
        self._starting = asyncio.Lock()

    async def committed(self, partition: TopicPartition) -> Resume | None:
        """The committed place; None if there is none yet."""
        admin = await self._started()
        found = await admin.list_consumer_group_offsets(self._group, partitions=[partition])
        kept = found.get(partition)
        return None if kept is None or kept.offset < 0 else Resume(int(kept.offset), kept.metadata or "")

    async def earliest(self, partition: TopicPartition) -> int:
        """The first offset that the broker still has."""
        return int((await self._consumer().earliest_offsets(partition))[partition])

    async def close(self) -> None:
        """Close the connection, if there is one."""
        admin, self._admin = self._admin, None
        if admin is not None:
            await admin.close()

    async def _started(self) -> AIOKafkaAdminClient:
        async with self._starting:  # partitions ask at the same time; each would open a client
            if self._admin is None:
                admin = AIOKafkaAdminClient(**aiokafka_options(self._broker))
                await admin.start()
                self._admin = admin
            return self._admin
