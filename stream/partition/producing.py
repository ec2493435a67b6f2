"""A producer with a beginning and an end."""

from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stream.partition.commit import PartitionLost
from stream.partition.output import Output

# Until a partition is registered in a transaction, a broker that verifies transactions answers «not enough
# replicas»; aiokafka's own back-off of 100 ms then costs p99 200 ms instead of 60.
RETRY_BACKOFF_MS = 5
REQUEST_TIMEOUT_MS = 10_000


class Producing:
    """Holds one producer from `start` to `stop`.

    Args:
        what: what it produces for, in messages.
        settings: of the producer, beside those that all have in common.
    """

    def __init__(self, what: str, **settings: Any) -> None:
        self.what = what
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Replace the producer by a fresh one. Raises KafkaError."""
        await self.stop()
        producer = AIOKafkaProducer(**self._settings, **_COMMON)
        await producer.start()
        self._producer = producer

    async def stop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            # A fenced producer, or one whose broker is away, raises on stopping; it is gone all the same.
            with suppress(KafkaError):
                await producer.stop()

    def started(self) -> AIOKafkaProducer:
        """The producer. Raises PartitionLost where there is none."""
        if self._producer is None:
            raise PartitionLost(f"{self.what} has no producer")
        return self._producer

    async def send(self, outputs: Sequence[Output]) -> list[Awaitable[Any]]:
        """Hand the outputs to the producer; what comes back is awaited until they are stored."""
        producer = self.started()
        return [await producer.send_batch(o.batch, o.topic, partition=o.partition) for o in outputs]


_COMMON: dict[str, Any] = {
    "linger_ms": 0,
    "max_request_size": 32 << 20,
    "retry_backoff_ms": RETRY_BACKOFF_MS,
    "request_timeout_ms": REQUEST_TIMEOUT_MS,
}
