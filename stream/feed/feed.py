"""Send keyed records in large batches, a bounded number at a time."""

import asyncio
from collections.abc import Iterator
from types import TracebackType

import numpy as np
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError

from contracts.broker import Broker, aiokafka_options
from contracts.metrics import feed as metrics
from features.byte_strings import ByteStrings
from stream.wire.partitioner import partition_by_key
from stream.wire.writer import EncodedBatch

# Well under the broker's default limit of 1 MB for a batch.
MOST_BATCH_BYTES = 512 * 1024
MOST_RECORDS = 4096
MOST_UNDER_WAY = 32
MOST_REQUEST_BYTES = 32 << 20
# A broker that is cut off answers nothing; this long, its batches wait until their new leader gets them.
REQUEST_TIMEOUT_MS = 15_000
MOST_TRIES = 8  # of queueing a batch, two minutes in all


class Feed:
    """Writes to one topic; a key's records keep their order, and each is stored once.

    Example:
        async with Feed(settings.broker, "transactions") as feed:
            await feed.send(keys, values)
    """

    def __init__(self, broker: Broker, topic: str) -> None:
        self._topic = topic
        self._producer = AIOKafkaProducer(
            **aiokafka_options(broker),
            # A batch that is sent again because its answer was lost is stored once.
            enable_idempotence=True,
            linger_ms=0,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            max_request_size=MOST_REQUEST_BYTES,
        )
        self._under_way: list[asyncio.Future[object]] = []
        self._partitions = 0

    async def __aenter__(self) -> "Feed":
        await self._producer.start()
        self._partitions = len(await self._producer.partitions_for(self._topic))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self.flush()
        finally:
            await self._producer.stop()

    async def send(self, keys: ByteStrings, values: ByteStrings) -> None:
        """Send n records; wait while more than 32 batches are under way.

        Raises:
            KafkaError: a batch could not be stored.
        """
        target = partition_by_key(keys, self._partitions)
        for partition in np.unique(target).tolist():
            here = np.flatnonzero(target == partition)
            for part in _parts(here, values.length[here]):
                batch = EncodedBatch(keys.take(part), values.take(part))
                self._under_way.append(await self._add(batch, partition))
        metrics.FED.inc(len(values))
        if len(self._under_way) > MOST_UNDER_WAY:
            await self.flush()

    async def _add(self, batch: EncodedBatch, partition: int) -> asyncio.Future[object]:
        """Queue a batch. While its broker is away the queue is full; what is not queued is tried again."""
        tries = 0
        while True:
            try:
                added: asyncio.Future[object] = await self._producer.send_batch(
                    batch, self._topic, partition=partition
                )
            except KafkaTimeoutError:
                tries += 1
                if tries >= MOST_TRIES:
                    raise
            else:
                return added

    async def flush(self) -> None:
        """Wait until everything sent is stored.

        Raises:
            KafkaError: a batch could not be stored.
        """
        under_way, self._under_way = self._under_way, []
        for future in under_way:
            await future


def _parts(rows: np.ndarray, length: np.ndarray) -> Iterator[np.ndarray]:
    """Cut rows into batches of bounded size; a record over the limit is a batch by itself."""
    batch = np.cumsum(length) // MOST_BATCH_BYTES + np.arange(len(rows)) // MOST_RECORDS
    cuts = np.flatnonzero(np.diff(batch)) + 1
    return iter(np.split(rows, cuts))
