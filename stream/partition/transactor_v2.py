"""Transactions version 2 (KIP-890), where the cluster has agreed on them: Kafka 4.0 and later.

`Produce` and `TxnOffsetCommit` add what they touch to the transaction, so the round trip that announces it is
left out. Each `EndTxn` returns a new epoch of the producer, and sequences begin at 0 again: a request of an
earlier transaction that arrives late belongs to none.
"""

from collections.abc import Sequence
from typing import Any

from aiokafka.client import AIOKafkaClient

from contracts.broker import Broker
from stream.partition.batch_writer import ALL_REPLICAS, REQUEST_TIMEOUT_MS, Batches, by_topic, connected
from stream.partition.requests import (
    NO_TAGS,
    ApiVersionsRequest,
    BumpingEndTxnRequest,
    JoiningProduceRequest,
    JoiningTxnOffsetCommitRequest,
    finalized_features,
)
from stream.partition.stage import Output
from stream.partition.transactor import Fields, Transactor
from stream.transport.tenure import Tenure

FEATURE, SINCE = "transaction.version", 2


class TransactorV2(Transactor):
    """Writes outputs and places in transactions of version 2."""

    async def _announce(self, outputs: Sequence[Output]) -> None:
        """Do nothing: partitions and group join by the requests that write to them."""

    def _produce_request(self, batches: Batches) -> Any:
        found = by_topic((at, (at.partition, batch, NO_TAGS)) for at, batch in batches.items())
        topics = [(topic, partitions, NO_TAGS) for topic, partitions in found]
        return JoiningProduceRequest(self._id, ALL_REPLICAS, REQUEST_TIMEOUT_MS, topics, NO_TAGS)

    def _places_request(self, fields: Fields) -> Any:
        return JoiningTxnOffsetCommitRequest(*fields)

    async def _end(self) -> None:
        answer = await self._coordinate(BumpingEndTxnRequest(self._id, *self._producer, True, NO_TAGS))
        self._producer = answer.producer_id, answer.producer_epoch
        self._sequence.clear()


async def transactor_for(broker: Broker, group: str, tenure: Tenure) -> Transactor:
    """Return a transactor, not yet started, of the newest protocol that the cluster offers.

    Raises:
        KafkaError: the broker does not answer.
    """
    client = await connected(broker)
    try:
        newer = await offers_version_2(client)
    except BaseException:
        await client.close()
        raise
    return (TransactorV2 if newer else Transactor)(client, group, tenure)


async def offers_version_2(client: AIOKafkaClient) -> bool:
    """Return whether the cluster has agreed on transactions version 2."""
    try:
        answer = await client.send(client.get_random_node(), ApiVersionsRequest())
    except NotImplementedError:  # a broker before 2.4 has no features
        return False
    return finalized_features(answer).get(FEATURE, 0) >= SINCE
