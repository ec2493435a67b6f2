"""A worker that starts while the broker is away waits for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from stream.transport import patience
from stream.transport.consumer_thread import BatchConsumerThread


class Consumer:
    """Its first starts find no broker."""

    made: list[Consumer]
    starts_in_vain = 2

    def __init__(self) -> None:
        self.stopped = False
        Consumer.made.append(self)

    async def start(self) -> None:
        if len(Consumer.made) <= Consumer.starts_in_vain:
            raise KafkaConnectionError("no broker")

    async def stop(self) -> None:
        self.stopped = True


def test_the_consumer_is_made_anew_until_a_broker_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    Consumer.made = []
    monkeypatch.setattr(patience, "RETRY_S", 0.001)
    thread: Any = object.__new__(BatchConsumerThread)
    monkeypatch.setattr(BatchConsumerThread, "_create_consumer", lambda self, loop: Consumer())
    monkeypatch.setattr(BatchConsumerThread, "thread_loop", None, raising=False)
    asyncio.run(BatchConsumerThread.on_start(thread))
    assert [consumer.stopped for consumer in Consumer.made] == [True, True, False]
    assert thread._consumer is Consumer.made[-1]
