"""Read the group's committed places from the broker."""

import asyncio
from collections.abc import Callable, Sequence

from aiokafka import TopicPartition
from aiokafka import errors as kafka_errors
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType

from contracts.broker import Broker, aiokafka_options
from stream.partition.requests import StableOffsetFetchRequest
from stream.partition.stage import Resume
from stream.transport.driver import BatchFaustConsumer

# A broker that is cut off answers nothing; this long, a worker waits before it asks another one.
REQUEST_TIMEOUT_MS = 10_000
UNSTABLE = 88  # UNSTABLE_OFFSET_COMMIT, which aiokafka does not know
_UNSTABLE_RETRY_S, _UNSTABLE_MOST_S = 0.02, 2.0


class PlaceUnstable(kafka_errors.KafkaError):
    """The committed place is about to change; ask again."""


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
        self._client: AIOKafkaClient | None = None
        self._starting = asyncio.Lock()

    async def committed(self, partition: TopicPartition) -> Resume | None:
        """The committed place of one partition, as `places`."""
        return (await self.places([partition]))[partition]

    async def places(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, Resume | None]:
        """The committed places of one moment; None where there is none yet.

        A coordinator that still loads the group answers with an error and no places. aiokafka's own call
        ignores that error: the answer would read as `nothing is committed`, and everything be scored again.

        While a former owner's transaction holds a new place, its outcome is waited for, 2 s at most.

        Raises:
            PlaceUnstable: the transaction is still open.
            KafkaError: the broker does not answer, or not yet.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + _UNSTABLE_MOST_S
        while True:
            try:
                return await self._ask(partitions)
            except PlaceUnstable:
                if loop.time() > until:
                    raise
            await asyncio.sleep(_UNSTABLE_RETRY_S)

    async def _ask(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, Resume | None]:
        client = await self._started()
        coordinator = await client.coordinator_lookup(CoordinationType.GROUP, self._group)
        request = StableOffsetFetchRequest(self._group, partitions)
        answer = await client.send(coordinator, request, group=ConnectionGroup.COORDINATION)
        found = {TopicPartition(topic[0], place[0]): place for topic in answer.topics for place in topic[1]}
        for code in (answer.error_code, *(place[4] for place in found.values())):
            if code == UNSTABLE:
                raise PlaceUnstable(f"an open transaction holds a place of {', '.join(map(str, partitions))}")
            if code:
                raise kafka_errors.for_code(code)(self._group)
        if found.keys() != set(partitions):
            raise kafka_errors.KafkaError(f"the broker answered with places of {list(found)}")
        return {at: _resume(offset, note) for at, (_, offset, _, note, *_) in found.items()}

    async def earliest(self, partition: TopicPartition) -> int:
        """The first offset that the broker still has."""
        return int((await self._consumer().earliest_offsets(partition))[partition])

    async def close(self) -> None:
        """Close the connection, if there is one."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _started(self) -> AIOKafkaClient:
        async with self._starting:  # partitions ask at the same time; each would open a client
            if self._client is None:
                client = AIOKafkaClient(
                    **aiokafka_options(self._broker), request_timeout_ms=REQUEST_TIMEOUT_MS
                )
                await client.bootstrap()
                self._client = client
            return self._client


def _resume(offset: int, note: str | None) -> Resume | None:
    return None if offset < 0 else Resume(int(offset), note or "")
