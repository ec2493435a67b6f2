"""Bring a partition's profiles to the group's committed place."""

from collections.abc import Awaitable, Callable

from aiokafka import TopicPartition
from mode import get_logger

from contracts.broker import Broker
from features.profiles import Profiles
from stream.checkpoint.checkpoint_reader import CheckpointReader
from stream.checkpoint.committed_records import batches_between, open_reader
from stream.checkpoint.id_checkpoint import IdCheckpoint
from stream.transport.fetched_batch import FetchedBatch
from stream.transport.fetcher import BatchConsumer
from stream.wire.refused import Refused, merged

log = get_logger(__name__)


class Recovery:
    """Rebuilds the profiles that a worker without a crash would have: it reads committed records only.

    Args:
        broker: the cluster and how to connect to it.
        partition: the input partition.
        checkpoint: the checkpoint topic's partition of the same number.
        latest: latest event time that a row may have, seconds since 1970.
        most_bytes: as of `BatchConsumer`, the same as live, so that a replay skips the same batches.
    """

    def __init__(
        self,
        broker: Broker,
        partition: TopicPartition,
        checkpoint: TopicPartition,
        latest: float,
        most_bytes: int,
    ) -> None:
        self._broker = broker
        self.partition = partition
        self.checkpoint = checkpoint
        self._latest = latest
        self._most_bytes = most_bytes

    async def restore(self, profiles: Profiles, ids: IdCheckpoint | None) -> tuple[int | None, list[Refused]]:
        """Load the newest row of every entity, and the ids seen; skip records that no stage writes.

        The topic is compacted, so the whole of it is about one row per entity.

        Args:
            profiles: receives the rows.
            ids: receives the ids; None where they are not wanted.

        Returns:
            The input offset that the rows include, None where there is no checkpoint; and what was skipped.
        """
        source, refused = self.checkpoint, list[Refused]()
        position: int | None = None
        async with open_reader(self._broker, source, self._most_bytes) as consumer:
            end = (await consumer.end_offsets([source]))[source]
            reader = CheckpointReader(await self._input_end(consumer), self._latest, ids)
            async for batch in batches_between(consumer, source, 0, end):
                found, skipped = reader.restore(batch, profiles)
                position = position if found is None else found
                refused = list(merged([*refused, *skipped]))
        if ids is not None:
            ids.restore()
        log.info("%s: %d profiles restored, as of offset %s", source, len(profiles), position)
        for one in refused:
            log.error("%s: %d records skipped from offset %d: %s", source, one.records, one.first, one.detail)
        return position, refused

    async def _input_end(self, consumer: BatchConsumer) -> int:
        return int((await consumer.end_offsets([self.partition]))[self.partition])

    async def replay(
        self, fold: Callable[[FetchedBatch, int], Awaitable[None]], start: int, end: int
    ) -> None:
        """Pass the input from offset `start` to `end` (not included) to `fold`, batch by batch."""
        if start >= end:
            return
        async with open_reader(self._broker, self.partition, self._most_bytes) as consumer:
            async for batch in batches_between(consumer, self.partition, start, end):
                await fold(batch, end)
        log.info("%s: replayed offsets %d to %d", self.partition, start, end)
