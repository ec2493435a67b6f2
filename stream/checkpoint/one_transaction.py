"""Write checkpoint records of many partitions in one Kafka transaction: readers see all of them or none."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaProducer

from contracts.broker import Broker, aiokafka_options
from stream.partition.stage import Output
from stream.wire.writer import EncodedBatch

# A broker allows 15 minutes at most by default; a million profiles of 400 bytes take some seconds.
TRANSACTION_TIMEOUT_MS: Final = 600_000
_REQUEST_TIMEOUT_MS: Final = 30_000
_MOST_REQUEST_BYTES: Final = 32 << 20
_MOST_UNDER_WAY: Final = 8  # batches of 4 MiB


class OneTransaction:
    """Takes outputs until the block of `one_transaction` ends.

    Args:
        producer: is in a transaction.
    """

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._under_way: list[asyncio.Future[object]] = []

    async def write(self, outputs: Sequence[Output]) -> None:
        """Write outputs; nothing is visible yet.

        Raises:
            KafkaError: a batch could not be stored.
        """
        for output in outputs:
            batch = _Transactional(output.batch.keys, output.batch.values)
            self._under_way.append(
                await self._producer.send_batch(batch, output.topic, partition=output.partition)
            )
            if len(self._under_way) >= _MOST_UNDER_WAY:
                await self.flush()

    async def flush(self) -> None:
        """Wait until everything written is stored.

        Raises:
            KafkaError: a batch could not be stored.
        """
        under_way, self._under_way = self._under_way, []
        for future in under_way:
            await future


@asynccontextmanager
async def one_transaction(broker: Broker, transactional_id: str) -> AsyncIterator[OneTransaction]:
    """Open a transaction; it commits at the end of the block, and aborts if the block raises.

    An earlier transaction of the same id that was left open is aborted first. After a crash the broker aborts
    it at the latest after ten minutes; until then readers of committed records wait before its records.

    Args:
        broker: the cluster and how to connect to it.
        transactional_id: names the writer.

    Yields:
        What writes to the transaction.

    Raises:
        KafkaError: the broker does not answer, or refuses.
    """
    producer = AIOKafkaProducer(
        **aiokafka_options(broker),
        transactional_id=transactional_id,
        transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
        request_timeout_ms=_REQUEST_TIMEOUT_MS,
        max_request_size=_MOST_REQUEST_BYTES,
        linger_ms=0,
    )
    await producer.start()
    try:
        async with producer.transaction():
            writer = OneTransaction(producer)
            yield writer
            await writer.flush()
    finally:
        await producer.stop()


class _Transactional(EncodedBatch):
    """A batch that says that it is part of a transaction; aiokafka tells only its own builder so."""

    def _set_producer_state(
        self, producer_id: int, producer_epoch: int, base_sequence: int, *, transactional: bool = True
    ) -> None:
        super()._set_producer_state(producer_id, producer_epoch, base_sequence, transactional=transactional)
