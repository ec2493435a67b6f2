"""A transactor on a broker that has just started."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaError

from settings import BrokerSettings
from stream.partition.transactor import Transactor


def test_a_broker_that_names_no_brokers_yet_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fenced broker returns metadata without brokers; this means `not yet` and must end no worker."""

    async def answered_without_brokers() -> None:
        return None

    async def start() -> None:
        transactor = Transactor(BrokerSettings(bootstrap="127.0.0.1:9"), "flagfive-0", "flagfive")
        monkeypatch.setattr(transactor._client, "bootstrap", answered_without_brokers)
        try:
            await transactor.start()
        finally:
            await transactor.close()

    with pytest.raises(KafkaError, match="names no brokers yet"):
        asyncio.run(start())
