"""Delivery at least once: outputs first, places up to 20 ms later."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from contracts.broker import Broker
from stream.partition.batch_writer import BatchWriter, connected, produce_request
from stream.partition.commit import CommitUncertain, Ends, PartitionLost, ends_of
from stream.partition.stage import Output, Resume

# The broker takes 6 ms for a commit of places, and commits queue. Every 20 ms all partitions share one.
PLACES_EVERY_S = 0.02


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
        self._client: AIOKafkaClient | None = None
        self._behind: dict[TopicPartition, Resume] = {}
        self._following: asyncio.Task[None] | None = None
        self._failed: Exception | None = None

    async def start(self) -> None:
        """Commit the places that are behind, so that none seems to go back, and connect anew."""
        with suppress(
            PartitionLost
        ):  # of the tenure that ends here: the worker asks the broker for the committed place
            await self._settle()
        await self._close()
        self._client = await connected(self._broker)

    async def stop(self) -> None:
        try:
            await self._settle()
        except (KafkaError, PartitionLost):
            self._behind.clear()  # the next owner scores their transactions again
        await self._close()

    async def _write(self, outputs: Sequence[Output]) -> list[int]:
        self._raise_failure()
        if self._client is None:
            raise PartitionLost("this worker has no connection")
        try:
            return await BatchWriter(self._client, partial(produce_request, None)).write(outputs)
        except (KafkaError, OSError) as error:
            raise CommitUncertain(f"outputs: {error!r}") from error

    async def commit(
        self,
        outputs: Sequence[Output],
        places: Mapping[TopicPartition, Resume],
        expected: Mapping[TopicPartition, int],
    ) -> Ends:
        ends = ends_of(outputs, await self._write(outputs), expected)
        self._behind.update(places)
        if self._behind and self._following is None:
            self._following = asyncio.create_task(self._follow())
        return ends

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
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _raise_failure(self) -> None:
        if isinstance(self._failed, KafkaError):
            raise CommitUncertain(f"places: {self._failed!r}") from self._failed
        if self._failed is not None:
            raise self._failed
