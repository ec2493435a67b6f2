"""Kafka transactions of a worker, in few round trips.

aiokafka's producer sends a transaction's requests one after the other: five round trips, with its own
scheduling in between. Here requests that do not depend on each other are sent together. Source of the
protocol: KIP-98, with fencing by the group's generation of KIP-447. `transactor_v2` holds the newer protocol.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka import errors as kafka_errors
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.protocol.transaction import (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    InitProducerIdRequest,
)

from stream.partition.batch_writer import (
    Batches,
    BatchWriter,
    by_topic,
    produce_request,
    raise_first,
    together,
    until_free,
)
from stream.partition.requests import NO_TAGS, FencedTxnOffsetCommitRequest
from stream.partition.stage import Output, Resume
from stream.transport.tenure import Tenure
from stream.wire.writer import EncodedBatch

REQUEST_TIMEOUT_MS = 10_000
TRANSACTION_TIMEOUT_MS = 60_000
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
        self._writer = BatchWriter(client, self._produce_request)
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

    async def write(
        self, outputs: Sequence[Output], places: Mapping[TopicPartition, Resume]
    ) -> Sequence[int]:
        """Write outputs and, at the same time, places in the transaction; nothing is visible yet.

        Returns:
            The offset of the first record of each output.

        Raises:
            KafkaError: as `commit`.
        """
        await self._announce(outputs)
        writing: asyncio.Task[list[int]] = asyncio.create_task(self._writer.write(outputs, self._stamp))
        await together([writing, self._commit_places(places)])
        return writing.result()

    async def commit(self) -> None:
        """Make what was written visible at once. A crash before leaves nothing: the broker aborts.

        Raises:
            KafkaError: the outcome is unknown; only `start` of another transactor with this id settles it.
        """
        await self._end()

    async def _announce(self, outputs: Sequence[Output]) -> None:
        who = self._id, *self._producer
        touched = {TopicPartition(output.topic, output.partition) for output in outputs}
        partitions = by_topic((at, at.partition) for at in sorted(touched))
        requests = [AddPartitionsToTxnRequest(*who, partitions)] if touched else []
        requests += [AddOffsetsToTxnRequest(*who, self._group)]
        await together(self._coordinate(request) for request in requests)

    async def _end(self) -> None:
        await self._coordinate(EndTxnRequest(self._id, *self._producer, True))

    def _stamp(self, at: TopicPartition, batch: EncodedBatch) -> None:
        """Write into a batch who sends it and where it stands in the producer's sequence."""
        batch._set_producer_state(*self._producer, self._sequence[at], transactional=True)
        self._sequence[at] += batch.record_count()

    def _produce_request(self, batches: Batches) -> Any:
        return produce_request(self._id, batches)

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
            raise_first(_codes(answer, self._names))
            return answer

        return await until_free(ask)


def transactional_ids(group: str, tenure: Tenure) -> list[str]:
    """Return one id for each partition number of the tenure; its transactions use the first."""
    return [f"{group}-{number}" for number in tenure.numbers]


def _codes(answer: Any, names: Mapping[int, str]) -> list[tuple[int, str]]:
    """Return the error codes of an answer, one for all partitions or one for each, and what each is about."""
    if hasattr(answer, "error_code"):
        return [(answer.error_code, names.get(answer.error_code, ""))]
    topics = ((one[0], one[1]) for one in answer.errors)
    return [(one[1], names.get(one[1], topic)) for topic, partitions in topics for one in partitions]
