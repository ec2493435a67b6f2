"""A transactor on a broker that has just started."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from settings import BrokerSettings
from stream.partition.batch_writer import connected


def test_a_broker_that_names_no_brokers_yet_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fenced broker returns metadata without brokers; this means `not yet` and must end no worker."""

    async def answered_without_brokers(_: AIOKafkaClient) -> None:
        return None

    monkeypatch.setattr(AIOKafkaClient, "bootstrap", answered_without_brokers)

    with pytest.raises(KafkaError, match="names no brokers yet"):
        asyncio.run(connected(BrokerSettings(bootstrap="127.0.0.1:9")))
