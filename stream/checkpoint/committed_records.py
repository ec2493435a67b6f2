"""Read the committed records of one partition, from one offset to another."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiokafka import TopicPartition

from contracts.broker import Broker, aiokafka_options
from stream.transport.fetched_batch import FetchedBatch
from stream.transport.fetcher import BatchConsumer

_FETCH_BYTES = 8 << 20
_POLL_MS = 500
# A commit leaves a few records and a marker; 64 offsets hold the newest commits in one fetch.
_FIRST_LOOK, _GROWTH = 64, 16


@asynccontextmanager
async def open_reader(
    broker: Broker, partition: TopicPartition, most_bytes: int
) -> AsyncIterator[BatchConsumer]:
    """Yield a consumer of one partition, outside any group, that sees committed records only.

    Args:
        broker: the cluster and how to connect to it.
        partition: what it reads.
        most_bytes: as of `BatchConsumer`.
    """
    consumer = BatchConsumer(
        **aiokafka_options(broker),
        most_bytes=most_bytes,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=_FETCH_BYTES,
    )
    try:
        await consumer.start()
        consumer.assign([partition])
        yield consumer
    finally:
        await consumer.stop()


async def batches_between(
    consumer: BatchConsumer, partition: TopicPartition, start: int, end: int
) -> AsyncIterator[FetchedBatch]:
    """Yield the records from offset `start` to `end`; the last batch may reach further."""
    consumer.seek(partition, start)
    position = start
    while position < end:
        fetched = await consumer.getmany(partition, timeout_ms=_POLL_MS)
        for batch in fetched.get(partition, []):
            position = batch.next_offset
            yield batch
        # The consumer also passes offsets that the broker has deleted, of which no batch comes.
        position = max(position, await consumer.position(partition))


async def greatest_at_the_end(
    broker: Broker, partition: TopicPartition, most_bytes: int, read: Callable[[FetchedBatch], int]
) -> int:
    """Return the greatest number that the newest records hold; look further back while it is 0.

    Args:
        broker: the cluster and how to connect to it.
        partition: where numbers never fall, but for repeats.
        most_bytes: as of `BatchConsumer`.
        read: returns the greatest number of a batch, 0 where it holds none.

    Raises:
        KafkaError: the broker does not answer.
    """
    async with open_reader(broker, partition, most_bytes) as consumer:
        first = int((await consumer.beginning_offsets([partition]))[partition])
        end = int((await consumer.end_offsets([partition]))[partition])
        look = _FIRST_LOOK
        while True:
            begin, found = max(first, end - look), 0
            async for fetched in batches_between(consumer, partition, begin, end):
                found = max(found, read(fetched))
            if found or begin == first:
                return found
            look *= _GROWTH  # only markers, what was aborted, or other records
