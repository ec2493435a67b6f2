"""Write batches to their partitions: one request for each broker that leads some of them."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka import errors as kafka_errors
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.produce import ProduceRequest

from contracts.broker import Broker, aiokafka_options
from stream.partition.stage import Output
from stream.wire.writer import EncodedBatch

REQUEST_TIMEOUT_MS = 10_000
# The broker gives these errors for a few milliseconds: while it still writes the markers of the transaction
# before, or has not yet verified that a partition belongs to this transaction.
_BUSY = (
    kafka_errors.ConcurrentTransactions,
    kafka_errors.CoordinatorLoadInProgressError,
    kafka_errors.GroupCoordinatorNotAvailableError,
    kafka_errors.NotEnoughReplicasError,
)
_BUSY_RETRY_S, _BUSY_MOST_S = 0.002, 10.0
ALL_REPLICAS = -1
_FENCED = 90  # PRODUCER_FENCED, an error that aiokafka has without its number

Batches = Mapping[TopicPartition, Any]
"""The bytes of a batch for each partition."""


class BatchWriter:
    """Writes batches and waits until all replicas have them.

    aiokafka's producer wakes a task of its own and makes two futures for each batch.

    Args:
        client: knows the cluster.
        request: makes the request for one broker.
    """

    def __init__(self, client: AIOKafkaClient, request: Callable[[Batches], Any]) -> None:
        self._client = client
        self._request = request

    async def write(
        self, outputs: Sequence[Output], stamp: Callable[[TopicPartition, EncodedBatch], None] | None = None
    ) -> list[int]:
        """Write outputs; return the offset of the first record of each.

        Args:
            outputs: what to write; a request may hold only one batch of a partition, so further ones follow
                in requests of their own.
            stamp: called with each batch, in the order in which they are sent.

        Raises:
            KafkaError: some may be written, others not.
        """
        rounds: list[dict[TopicPartition, int]] = []
        for i, output in enumerate(outputs):
            at = TopicPartition(output.topic, output.partition)
            free = next((one for one in rounds if at not in one), None)
            if free is None:
                rounds.append(free := {})
            free[at] = i
        offsets = [-1] * len(outputs)
        for places in rounds:
            found = await self._produce({at: outputs[i].batch for at, i in places.items()}, stamp)
            for at, i in places.items():
                offsets[i] = found[at]
        return offsets

    async def _produce(
        self,
        batches: Mapping[TopicPartition, EncodedBatch],
        stamp: Callable[[TopicPartition, EncodedBatch], None] | None,
    ) -> dict[TopicPartition, int]:
        by_leader: dict[int, dict[TopicPartition, Any]] = defaultdict(dict)
        for at, batch in batches.items():
            if stamp is not None:
                stamp(at, batch)
            by_leader[await self._leader(at)][at] = batch._build()
        offsets: dict[TopicPartition, int] = {}
        await together(self._send(leader, left, offsets) for leader, left in by_leader.items())
        return offsets

    async def _send(
        self, leader: int, left: dict[TopicPartition, Any], offsets: dict[TopicPartition, int]
    ) -> None:
        async def send() -> None:
            answer = await self._client.send(leader, self._request(left))
            codes: dict[TopicPartition, int] = {}
            for topic, partitions in ((one[0], one[1]) for one in answer.topics):
                for number, code, offset, *_ in partitions:
                    codes[at := TopicPartition(topic, number)] = code
                    if not code:
                        offsets[at] = offset
                        del left[at]
            raise_first((code, at.topic) for at, code in codes.items())

        await until_free(send)

    async def _leader(self, at: TopicPartition) -> int:
        await self._client._wait_on_metadata(
            at.topic
        )  # as in aiokafka's own producer; returns at once if the topic is known
        leader = self._client.cluster.leader_for_partition(at)
        if leader is None or leader < 0:
            raise kafka_errors.UnknownTopicOrPartitionError(f"{at} has no leader")
        return int(leader)


def produce_request(transactional_id: str | None, batches: Batches) -> Any:
    """Return a request to write batches, in a transaction where an id is given."""
    topics = by_topic((at, (at.partition, batch)) for at, batch in batches.items())
    return ProduceRequest(transactional_id, ALL_REPLICAS, REQUEST_TIMEOUT_MS, topics)


async def connected(broker: Broker) -> AIOKafkaClient:
    """Return a client that knows the cluster's brokers.

    Raises:
        KafkaError: the broker does not answer.
    """
    client = AIOKafkaClient(**aiokafka_options(broker), request_timeout_ms=REQUEST_TIMEOUT_MS)
    try:
        await client.bootstrap()
        if client.get_random_node() is None:
            # A broker that has just started and is still fenced names no broker, not even itself.
            raise kafka_errors.NodeNotReadyError("the broker names no brokers yet")
    except BaseException:
        await client.close()
        raise
    return client


async def together(asked: Iterable[Any]) -> None:
    """Await all, also where one fails, so that no answer stays unread. Raises the first error."""
    for outcome in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


async def until_free(ask: Callable[[], Awaitable[Any]]) -> Any:
    """Repeat the request while the broker is busy, for 10 s at most. Raises KafkaError."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _BUSY_MOST_S
    while True:
        try:
            return await ask()
        except _BUSY:
            if loop.time() > until:
                raise
        await asyncio.sleep(_BUSY_RETRY_S)


def by_topic(found: Iterable[tuple[TopicPartition, Any]]) -> list[tuple[str, list[Any]]]:
    """Group by topic, as requests need it."""
    grouped: dict[str, list[Any]] = defaultdict(list)
    for at, what in found:
        grouped[at.topic].append(what)
    return list(grouped.items())


def raise_first(codes: Iterable[tuple[int, str]]) -> None:
    """Raise the first error; of several, prefer one that is not the consequence of another."""
    found = [(code, name) for code, name in codes if code]
    others = [one for one in found if one[0] != kafka_errors.OperationNotAttempted.errno]
    for code, name in others or found:
        if code == _FENCED:
            raise kafka_errors.ProducerFenced
        raise kafka_errors.for_code(code)(*([name] if name else []))
