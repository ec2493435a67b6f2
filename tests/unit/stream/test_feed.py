"""A feed outlasts a broker that is cut off."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError

from features.byte_strings import ByteStrings
from settings import BrokerSettings
from stream.feed import feed as module
from stream.feed.feed import MOST_TRIES, Feed


class ProducerWithAFullQueue:
    """Has no room for a batch so many times; then takes it."""

    def __init__(self, full: int) -> None:
        self.full, self.tried = full, 0

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def partitions_for(self, topic: str) -> set[int]:
        return {0}

    async def send_batch(self, *_: Any, **__: Any) -> asyncio.Future[object]:
        self.tried += 1
        if self.tried <= self.full:
            raise KafkaTimeoutError
        sent: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        sent.set_result(None)
        return sent


def send(monkeypatch: pytest.MonkeyPatch, producer: ProducerWithAFullQueue) -> None:
    monkeypatch.setattr(module, "AIOKafkaProducer", lambda **_: producer)

    async def feed() -> None:
        async with Feed(BrokerSettings(bootstrap="broker:9092"), "transactions") as feed:
            await feed.send(ByteStrings.from_list([b"card"]), ByteStrings.from_list([b"{}"]))

    asyncio.run(feed())


def test_a_batch_that_found_no_room_is_queued_once(monkeypatch: pytest.MonkeyPatch) -> None:
    producer = ProducerWithAFullQueue(full=3)
    send(monkeypatch, producer)
    assert producer.tried == 4


def test_a_broker_that_stays_away_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    producer = ProducerWithAFullQueue(full=100)
    with pytest.raises(KafkaTimeoutError):
        send(monkeypatch, producer)
    assert producer.tried == MOST_TRIES
