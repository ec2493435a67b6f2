"""Bring a partition's profiles to the group's committed place."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
from aiokafka import TopicPartition
from mode import get_logger

from contracts.broker import Broker, aiokafka_options
from features.profile_row import PROFILE_ROW
from features.profiles import Profiles
from stream.checkpoint.checkpoint import LAYOUT, Marker, as_rows
from stream.transport.fetched_batch import FetchedBatch
from stream.transport.fetcher import BatchConsumer

_FETCH_BYTES = 8 << 20
_POLL_MS = 500

log = get_logger(__name__)


class Recovery:
    """Rebuilds the profiles that a worker without a crash would have: it reads committed records only.

    Args:
        broker: the cluster and how to connect to it.
        partition: the input partition.
        checkpoint: the checkpoint topic's partition of the same number.
    """

    def __init__(self, broker: Broker, partition: TopicPartition, checkpoint: TopicPartition) -> None:
        self._broker = broker
        self._partition = partition
        self._checkpoint = checkpoint

    async def restore(self, profiles: Profiles) -> int | None:
        """Load the newest row of every entity; return the input offset that they include, or None.

        The topic is compacted, so the whole of it is about one row per entity.
        """
        source = self._checkpoint
        position: int | None = None
        async with self._reader(source) as consumer:
            end = (await consumer.end_offsets([source]))[source]
            async for batch in _batches(consumer, source, 0, end):
                position = _restore_batch(batch, profiles) or position
        log.info("%s: %d profiles restored, as of offset %s", source, len(profiles), position)
        return position

    async def replay(self, fold: Callable[[FetchedBatch, int], None], start: int, end: int) -> None:
        """Pass the input from offset `start` to `end` (not included) to `fold`, batch by batch."""
        if start >= end:
            return
        async with self._reader(self._partition) as consumer:
            async for batch in _batches(consumer, self._partition, start, end):
                fold(batch, end)
        log.info("%s: replayed offsets %d to %d", self._partition, start, end)

    @asynccontextmanager
    async def _reader(self, partition: TopicPartition) -> AsyncIterator[BatchConsumer]:
        consumer = BatchConsumer(
            **aiokafka_options(self._broker),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=_FETCH_BYTES,
        )
        await consumer.start()
        try:
            consumer.assign([partition])
            yield consumer
        finally:
            await consumer.stop()


async def _batches(
    consumer: BatchConsumer, partition: TopicPartition, start: int, end: int
) -> AsyncIterator[FetchedBatch]:
    consumer.seek(partition, start)
    position = start
    while position < end:
        fetched = await consumer.getmany(partition, timeout_ms=_POLL_MS)
        for batch in fetched.get(partition, []):
            position = batch.next_offset
            yield batch


def _restore_batch(batch: FetchedBatch, profiles: Profiles) -> int | None:
    """Apply a batch's rows in order; return the last marker's offset, None where there is none."""
    keys, values = batch.records.keys, batch.values
    is_marker = keys.length == 0
    rows = ~is_marker & (values.length == PROFILE_ROW.itemsize)
    profiles.restore(keys.take(rows), as_rows(values.take(rows), PROFILE_ROW))
    decoded = [msgspec.json.decode(value or b"", type=Marker) for value in values.take(is_marker).to_list()]
    return next((marker.offset for marker in reversed(decoded) if marker.layout == LAYOUT), None)
