"""Delivery at least once: outputs first, places up to 20 ms later."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from contracts.broker import Broker, aiokafka_options
from stream.partition.commit import CommitUncertain, PartitionLost
from stream.partition.stage import Output, Resume

# The broker takes 6 ms for a commit of places, and commits queue. Every 20 ms all partitions share one.
PLACES_EVERY_S = 0.02
MOST_REQUEST_BYTES = 32 << 20
RETRY_BACKOFF_MS = 5
REQUEST_TIMEOUT_MS = 10_000


class AtLeastOnce:
    """Waits until outputs are stored; places follow in the background, one request for all partitions.

    1. Send the outputs and wait until they are stored. 2. Commit the places, at most 20 ms later. After a
    crash between 1 and 2 the outputs of these 20 ms are sent again. Use it where latency matters more than
    repeats. Satisfies `stream.partition.commit.SharedCommitter`.

    Args:
        commit_places: commits places of the group; False when the group has moved on.
    """

    marks = False

    def __init__(
        self,
        broker: Broker,
        commit_places: Callable[[Mapping[TopicPartition, Resume]], Awaitable[bool]],
    ) -> None:
        self._broker = broker
        self._commit_places = commit_places
        self._producer: AIOKafkaProducer | None = None
        self._behind: dict[TopicPartition, Resume] = {}
        self._following: asyncio.Task[None] | None = None
        self._failed: Exception | None = None

    async def start(self) -> None:
        """Commit the places that are behind, so that none seems to go back, and make a new producer."""
        with suppress(
            PartitionLost
        ):  # of the tenure that ends here: the worker asks the broker for the committed place
            await self._settle()
        await self._close()
        producer = AIOKafkaProducer(
            **aiokafka_options(self._broker),
            acks="all",
            linger_ms=0,
            max_request_size=MOST_REQUEST_BYTES,
            retry_backoff_ms=RETRY_BACKOFF_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )
        await producer.start()
        self._producer = producer

    async def stop(self) -> None:
        try:
            await self._settle()
        except (KafkaError, PartitionLost):
            self._behind.clear()  # the next owner scores their transactions again
        await self._close()

    async def write(self, outputs: Sequence[Output]) -> list[int]:
        self._raise_failure()
        if self._producer is None:
            raise PartitionLost("this worker has no producer")
        try:
            send = self._producer.send_batch
            sent = [await send(o.batch, o.topic, partition=o.partition) for o in outputs]
            return [(await stored).offset for stored in sent]
        except KafkaError as error:
            raise CommitUncertain(f"outputs: {error!r}") from error

    async def commit(self, outputs: Sequence[Output], places: Mapping[TopicPartition, Resume]) -> None:
        await self.write(outputs)
        self._behind.update(places)
        if self._behind and self._following is None:
            self._following = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        """Commit places until none is behind."""
        try:
            while self._behind:
                await asyncio.sleep(PLACES_EVERY_S)
                await self._commit_what_is_behind()
        except Exception as error:  # the next commit raises it
            self._failed = error
        finally:
            self._following = None

    async def _settle(self) -> None:
        if self._following is not None:
            await self._following
        self._failed = None
        await self._commit_what_is_behind()

    async def _commit_what_is_behind(self) -> None:
        behind, self._behind = self._behind, {}
        try:
            still_ours = not behind or await self._commit_places(behind)
        except Exception:
            self._behind = {**behind, **self._behind}
            raise
        if not still_ours:
            raise PartitionLost(f"partitions were given to another worker: {sorted(behind)}")

    async def _close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError):  # raised where the broker is away; the producer is closed all the same
                await producer.stop()

    def _raise_failure(self) -> None:
        if isinstance(self._failed, KafkaError):
            raise CommitUncertain(f"places: {self._failed!r}") from self._failed
        if self._failed is not None:
            raise self._failed
