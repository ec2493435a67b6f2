"""Kafka transactions of a worker, in few round trips.

aiokafka's producer sends a transaction's requests one after the other: five round trips, with its own
scheduling in between. Here requests that do not depend on each other are sent together. Source of the
protocol: KIP-98, with fencing by the group's generation of KIP-447. `transactor_v2` holds the newer protocol.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka import errors as kafka_errors
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    InitProducerIdRequest,
)

from contracts.broker import Broker, aiokafka_options
from stream.partition.requests import NO_TAGS, FencedTxnOffsetCommitRequest
from stream.partition.stage import Output, Resume
from stream.transport.tenure import Tenure

REQUEST_TIMEOUT_MS = 10_000
TRANSACTION_TIMEOUT_MS = 60_000
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
_NO_EPOCH = -1  # of the leader: the group keeps none

Fields = tuple[Any, ...]


class Transactor:
    """Writes outputs and places of one tenure in transactions.

    Args:
        client: a client that has found the cluster; the transactor closes it.
        group: consumer group, whose places are committed.
        tenure: the partitions, and the group membership that a commit must still have.
    """

    def __init__(self, client: AIOKafkaClient, group: str, tenure: Tenure) -> None:
        self._client = client
        self._group = group
        self._tenure = tenure
        self._id = transactional_ids(group, tenure)[0]
        self._names = {
            kafka_errors.TransactionalIdAuthorizationFailed.errno: self._id,
            kafka_errors.GroupAuthorizationFailedError.errno: group,
        }
        self._coordinator = self._group_coordinator = -1
        self._producer: tuple[int, int] = (-1, -1)  # id and epoch
        self._sequence: dict[TopicPartition, int] = defaultdict(int)
        self._joined: set[TopicPartition] = set()

    async def start(self, *, fences: bool) -> None:
        """Take the transactional id; an unfinished transaction under it is aborted.

        Args:
            fences: also take, and give up at once, the ids that earlier owners of the other partitions may
                hold, so that their unfinished transactions end now and not at their timeout.

        Raises:
            KafkaError: the broker does not answer, or refuses.
        """
        find = self._client.coordinator_lookup
        self._group_coordinator = await find(CoordinationType.GROUP, self._group)
        own, *others = transactional_ids(self._group, self._tenure)
        for taken in others if fences else ():
            await self._take(taken)
        self._coordinator, self._producer = await self._take(own)

    async def settle(self) -> None:
        """Return once the outcome of the last transaction is written everywhere.

        Raises:
            KafkaError: the broker does not answer, or another worker holds the id.
        """
        await self._take(self._id)

    async def close(self) -> None:
        await self._client.close()

    async def write(self, outputs: Sequence[Output]) -> list[int]:
        """Write outputs in the transaction, and return the offset of the first record of each.

        Raises:
            KafkaError: as `commit`.
        """
        await self._announce(outputs, with_group=False)
        return await self._write(outputs)

    async def commit(self, outputs: Sequence[Output], places: Mapping[TopicPartition, Resume]) -> None:
        """Make outputs and places visible at once, together with what was written before.

        1. Announce the partitions and the group. 2. Write the outputs and, at the same time, the places.
        3. Commit. A crash before 3 leaves nothing visible: the broker aborts the transaction.

        Raises:
            KafkaError: the outcome is unknown; only `start` of another transactor with this id settles it.
        """
        await self._announce(outputs, with_group=True)  # 1
        await together([self._write(outputs), self._commit_places(places)])  # 2
        await self._end()  # 3
        self._joined.clear()

    async def _announce(self, outputs: Sequence[Output], *, with_group: bool) -> None:
        who = self._id, *self._producer
        touched = {TopicPartition(output.topic, output.partition) for output in outputs} - self._joined
        self._joined |= touched
        partitions = by_topic((at, at.partition) for at in sorted(touched))
        requests = [AddPartitionsToTxnRequest(*who, partitions)] if touched else []
        requests += [AddOffsetsToTxnRequest(*who, self._group)] if with_group else []
        await together(self._coordinate(request) for request in requests)

    async def _end(self) -> None:
        await self._coordinate(EndTxnRequest(self._id, *self._producer, True))

    async def _write(self, outputs: Sequence[Output]) -> list[int]:
        """Send the outputs in order; a request may hold only one batch of a partition."""
        rounds: list[dict[TopicPartition, int]] = []
        for i, output in enumerate(outputs):
            at = TopicPartition(output.topic, output.partition)
            free = next((one for one in rounds if at not in one), None)
            if free is None:
                rounds.append(free := {})
            free[at] = i
        offsets = [-1] * len(outputs)
        for batches in rounds:
            found = await self._produce({at: outputs[i] for at, i in batches.items()})
            for at, i in batches.items():
                offsets[i] = found[at]
        return offsets

    async def _produce(self, batches: Mapping[TopicPartition, Output]) -> dict[TopicPartition, int]:
        by_leader: dict[int, dict[TopicPartition, Any]] = defaultdict(dict)
        for at, output in batches.items():
            output.batch._set_producer_state(*self._producer, self._sequence[at], transactional=True)
            self._sequence[at] += output.batch.record_count()
            by_leader[await self._leader(at)][at] = output.batch._build()
        offsets: dict[TopicPartition, int] = {}
        await together(self._send_batches(leader, left, offsets) for leader, left in by_leader.items())
        return offsets

    async def _send_batches(
        self, leader: int, left: dict[TopicPartition, Any], offsets: dict[TopicPartition, int]
    ) -> None:
        async def send() -> None:
            answer = await self._client.send(leader, self._produce_request(left))
            codes: dict[TopicPartition, int] = {}
            for topic, partitions in ((one[0], one[1]) for one in answer.topics):
                for number, code, offset, *_ in partitions:
                    codes[at := TopicPartition(topic, number)] = code
                    if not code:
                        offsets[at] = offset
                        del left[at]
            _raise_first((code, at.topic) for at, code in codes.items())

        await _until_free(send)

    def _produce_request(self, batches: Mapping[TopicPartition, Any]) -> Any:
        topics = by_topic((at, (at.partition, batch)) for at, batch in batches.items())
        return ProduceRequest(self._id, ALL_REPLICAS, REQUEST_TIMEOUT_MS, topics)

    async def _commit_places(self, places: Mapping[TopicPartition, Resume]) -> None:
        kept = by_topic(
            (at, (at.partition, place.offset, _NO_EPOCH, place.note, NO_TAGS))
            for at, place in sorted(places.items())
        )
        topics = [(topic, partitions, NO_TAGS) for topic, partitions in kept]
        member = self._tenure.generation, self._tenure.member, None
        fields = self._id, self._group, *self._producer, *member, topics, NO_TAGS
        await self._coordinate(self._places_request(fields), self._group_coordinator)

    def _places_request(self, fields: Fields) -> Any:
        return FencedTxnOffsetCommitRequest(*fields)

    async def _take(self, transactional_id: str) -> tuple[int, tuple[int, int]]:
        """Fence earlier holders of an id; return its coordinator, and producer id and epoch."""
        node = await self._client.coordinator_lookup(CoordinationType.TRANSACTION, transactional_id)
        request = InitProducerIdRequest(transactional_id, TRANSACTION_TIMEOUT_MS)
        answer = await self._coordinate(request, node)
        return node, (answer.producer_id, answer.producer_epoch)

    async def _coordinate(self, request: Any, coordinator: int | None = None) -> Any:
        """Send a request to the transaction's coordinator, or to `coordinator`. Raises KafkaError."""
        node = self._coordinator if coordinator is None else coordinator

        async def ask() -> Any:
            answer = await self._client.send(node, request, group=ConnectionGroup.COORDINATION)
            _raise_first(_codes(answer, self._names))
            return answer

        return await _until_free(ask)

    async def _leader(self, at: TopicPartition) -> int:
        await self._client._wait_on_metadata(
            at.topic
        )  # as in aiokafka's own producer; returns at once if the topic is known
        leader = self._client.cluster.leader_for_partition(at)
        if leader is None or leader < 0:
            raise kafka_errors.UnknownTopicOrPartitionError(f"{at} has no leader")
        return int(leader)


def transactional_ids(group: str, tenure: Tenure) -> list[str]:
    """Return one id for each partition number of the tenure; its transactions use the first."""
    return [f"{group}-{number}" for number in tenure.numbers]


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


async def _until_free(ask: Callable[[], Awaitable[Any]]) -> Any:
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


def _codes(answer: Any, names: Mapping[int, str]) -> list[tuple[int, str]]:
    """Return the error codes of an answer, one for all partitions or one for each, and what each is about."""
    if hasattr(answer, "error_code"):
        return [(answer.error_code, names.get(answer.error_code, ""))]
    topics = ((one[0], one[1]) for one in answer.errors)
    return [(one[1], names.get(one[1], topic)) for topic, partitions in topics for one in partitions]


def _raise_first(codes: Iterable[tuple[int, str]]) -> None:
    """Raise the first error; of several, prefer one that is not the consequence of another."""
    found = [(code, name) for code, name in codes if code]
    others = [one for one in found if one[0] != kafka_errors.OperationNotAttempted.errno]
    for code, name in others or found:
        raise kafka_errors.for_code(code)(*([name] if name else []))
