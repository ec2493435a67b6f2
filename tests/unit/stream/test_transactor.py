"""What a transactor makes of a broker that has only just woken up."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaError

from stream.partition.transactor import Transactor


def test_a_broker_that_names_no_brokers_yet_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fenced broker answers metadata without brokers; that must pass for `not yet`, and end no worker."""

    async def answered_without_brokers() -> None:
        return None

    async def start() -> None:
        transactor = Transactor("127.0.0.1:9", "flagfive-0", "flagfive")
        monkeypatch.setattr(transactor._client, "bootstrap", answered_without_brokers)
        try:
            await transactor.start()
        finally:
            await transactor.close()

    with pytest.raises(KafkaError, match="names no brokers yet"):
        asyncio.run(start())
