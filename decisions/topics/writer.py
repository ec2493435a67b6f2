"""Writes transactions as every other producer does: same topic, same partition for a card."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from contracts.broker import Broker, aiokafka_options
from decisions.recent import Place

MOST_REQUEST_BYTES = 4 << 20
REQUEST_TIMEOUT_MS = 10_000
"""After this time an unsent transaction fails; its caller has had the fallback for long."""


class TransactionWriter:
    """An idempotent producer, so that a retry after a lost acknowledgement stores nothing twice.

    While a request is on its way to the broker, later transactions gather for the next one. So a linger would
    only add latency.

    Args:
        broker: the cluster and how to connect to it.
        topic: topic of the transactions.
    """

    def __init__(self, broker: Broker, topic: str) -> None:
        self._topic = topic
        self._producer = AIOKafkaProducer(
            **aiokafka_options(broker),
            enable_idempotence=True,
            acks="all",
            linger_ms=0,
            max_request_size=MOST_REQUEST_BYTES,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )

    async def start(self) -> None:
        """Connect.

        Raises:
            KafkaError: the broker does not answer.
        """
        await self._producer.start()

    async def stop(self) -> None:
        """Send what is left, and disconnect."""
        await self._producer.stop()

    async def write(self, key: bytes, value: bytes, done: Callable[[Place | None], None]) -> None:
        """Write one transaction.

        Args:
            key: key of the card, which chooses the partition.
            value: the transaction as JSON.
            done: called later with partition and offset, or with None if it could not be stored.
        """
        sent = await self._producer.send(self._topic, value, key=key)
        sent.add_done_callback(partial(_look, done))


def _look(done: Callable[[Place | None], None], sent: asyncio.Future[RecordMetadata]) -> None:
    if sent.cancelled() or sent.exception() is not None:
        done(None)
    else:
        done((sent.result().partition, sent.result().offset))
