"""Make the outputs of a span and the position after it visible: together, or one after the other."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced
from aiokafka.structs import OffsetAndMetadata

from stream.partition.hop import Resume
from stream.partition.output import Output

# Until a partition is registered in a transaction, a broker that verifies transactions answers «not enough
# replicas»; aiokafka's own back-off of 100 ms then costs p99 200 ms instead of 60.
RETRY_BACKOFF_MS = 5
REQUEST_TIMEOUT_MS = 10_000


class PartitionLost(Exception):
    """Another worker has taken the partition over; nothing of ours is visible."""


class CommitUncertain(Exception):
    """The broker did not say whether the commit happened; only the committed offset can tell."""


class Committer(Protocol):
    """Commits for one input partition."""

    async def start(self) -> None:
        """Take the partition over; from here on nobody else's commit for it succeeds (exactly once)."""

    async def commit(self, outputs: Sequence[Output], place: Resume | None) -> None:
        """Make `outputs` visible and `place` the group's; None leaves it where it is.

        Raises:
            PartitionLost: another worker owns the partition now.
            CommitUncertain: ask for the committed offset, then go on from there.
        """

    async def stop(self) -> None:
        """Let go; what is not committed never becomes visible."""


class _Producing:
    """Holds the producer of one partition from `start` to `stop`."""

    def __init__(self, partition: TopicPartition, **settings: Any) -> None:
        self._partition = partition
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        await self.stop()
        producer = AIOKafkaProducer(**self._settings, **_PRODUCER_SETTINGS)
        await producer.start()
        self._producer = producer

    async def stop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            # A fenced producer, or one whose broker is away, raises on stopping; it is gone all the same.
            with suppress(KafkaError):
                await producer.stop()

    def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise PartitionLost(f"{self._partition} has no producer")
        return self._producer

    async def _send(self, outputs: Sequence[Output]) -> list[Awaitable[Any]]:
        """Hand the outputs to the producer; what comes back is awaited until they are stored."""
        producer = self._started()
        return [await producer.send_batch(o.batch, o.topic, partition=o.partition) for o in outputs]


class ExactlyOnce(_Producing):
    """A transaction per span, from a producer that only one worker at a time can hold.

    1. Begin. 2. Send the outputs. 3. Send the place in the input. 4. Commit. A crash before 4 leaves nothing
    visible: the broker aborts the transaction when the next owner starts its producer, or after the timeout.

    Args:
        bootstrap: the broker's address.
        group: consumer group, whose place is committed.
        partition: the input partition; part of the transactional id, which fences a former owner (KIP-98).
    """

    def __init__(self, bootstrap: str, group: str, partition: TopicPartition) -> None:
        self._group = group
        super().__init__(
            partition,
            bootstrap_servers=bootstrap,
            transactional_id=f"{group}-{partition.topic}-{partition.partition}",
            transaction_timeout_ms=60_000,
        )

    async def commit(self, outputs: Sequence[Output], place: Resume | None) -> None:
        producer = self._started()
        try:
            await producer.begin_transaction()  # 1
            sent = await self._send(outputs)  # 2
            if place is not None:
                offsets = {self._partition: OffsetAndMetadata(place.offset, place.note)}
                await producer.send_offsets_to_transaction(offsets, self._group)  # 3
            for stored in sent:
                await stored
            await producer.commit_transaction()  # 4
        except (ProducerFenced, InvalidProducerEpoch) as error:
            raise PartitionLost(f"{self._partition} is fenced: {error!r}") from error
        except KafkaError as error:
            raise CommitUncertain(f"commit of {self._partition} at {place}: {error!r}") from error


class AtLeastOnce(_Producing):
    """Send the outputs, wait until they are stored, then commit the place.

    A crash in between sends the outputs again. For those who prefer latency.

    Args:
        commit_place: commits one place of the group; False when the group has moved on.
    """

    def __init__(
        self,
        bootstrap: str,
        partition: TopicPartition,
        commit_place: Callable[[TopicPartition, Resume], Awaitable[bool]],
    ) -> None:
        self._commit_place = commit_place
        super().__init__(partition, bootstrap_servers=bootstrap, acks="all")

    async def commit(self, outputs: Sequence[Output], place: Resume | None) -> None:
        try:
            for stored in await self._send(outputs):
                await stored
            still_ours = place is None or await self._commit_place(self._partition, place)
        except KafkaError as error:
            raise CommitUncertain(f"outputs of {self._partition}: {error!r}") from error
        if not still_ours:
            raise PartitionLost(f"{self._partition} was given to another worker")


_PRODUCER_SETTINGS: dict[str, Any] = {
    "linger_ms": 0,
    "max_request_size": 32 << 20,
    "retry_backoff_ms": RETRY_BACKOFF_MS,
    "request_timeout_ms": REQUEST_TIMEOUT_MS,
}
