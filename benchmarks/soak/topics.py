"""Reads whole topics in batches."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiokafka import TopicPartition

from contracts.broker import Broker, aiokafka_options
from stream.transport.fetched_batch import FetchedBatch
from stream.transport.fetcher import BatchConsumer

_POLL_MS = 200


async def whole_topic(
    broker: Broker, topic: str, partition: int, *, isolation: str = "read_committed"
) -> AsyncIterator[FetchedBatch]:
    """Yield every record of a partition that is there now, oldest first, in batches."""
    consumer = BatchConsumer(**aiokafka_options(broker), enable_auto_commit=False, isolation_level=isolation)
    await consumer.start()
    try:
        place = TopicPartition(topic, partition)
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        end = (await consumer.end_offsets([place]))[place]
        while await consumer.position(place) < end:
            for fetched in (await consumer.getmany(timeout_ms=_POLL_MS)).values():
                for batch in fetched:
                    yield batch
    finally:
        await consumer.stop()


async def open_transactions(broker: Broker, topic: str, partitions: int) -> int:
    """Return the number of partitions in which a transaction was begun and neither committed nor aborted."""
    ends = []
    for isolation in ("read_committed", "read_uncommitted"):
        consumer = BatchConsumer(**aiokafka_options(broker), isolation_level=isolation)
        await consumer.start()
        try:
            places = [TopicPartition(topic, number) for number in range(partitions)]
            ends.append(await consumer.end_offsets(places))
        finally:
            await consumer.stop()
    return sum(ends[0][place] != ends[1][place] for place in places)
