"""Acknowledgements while partitions change hands."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from aiokafka import TopicPartition

from contracts.acknowledgement import Acknowledgement
from contracts.signing.principals import WORKER
from contracts.signing.trust import Trust
from settings import BrokerSettings
from stream.partition.acknowledger import Acknowledger

FIRST, SECOND = TopicPartition("returned", 0), TopicPartition("returned", 1)


class Partitions:
    """Two live partitions; the second is revoked while the current batch of the first finishes."""

    def __init__(self) -> None:
        self.on_live: list[Any] = []
        self.live = {FIRST, SECOND}
        self.workers = {
            FIRST: SimpleNamespace(settled=self._lose),
            SECOND: SimpleNamespace(settled=self._done),
        }

    def worker(self, partition: TopicPartition) -> Any:
        return self.workers[partition]

    async def _lose(self) -> None:
        self.live.discard(SECOND)
        self.workers.pop(SECOND, None)

    async def _done(self) -> None: ...


TRUST = Trust.derived(b"a secret of enough length", WORKER)


class Listening(Acknowledger):
    """Records the acknowledgements to publish, and the errors that would have ended the worker."""

    def __init__(self, partitions: Partitions) -> None:
        control: Any = SimpleNamespace(on_change=[], offset=7)
        super().__init__(BrokerSettings(), "", "w1", "returned", control, cast(Any, partitions), TRUST)
        self.said: list[Acknowledgement] = []
        self.heard = asyncio.Event()
        self.crashes: list[BaseException] = []

    async def _publish(self, ack: Acknowledgement) -> None:
        self.said.append(ack)
        self.heard.set()

    async def crash(self, reason: BaseException) -> None:
        self.crashes.append(reason)
        self.heard.set()


def test_a_partition_given_away_during_an_acknowledgement_is_left_out_and_ends_nothing() -> None:
    async def story() -> Listening:
        partitions = Partitions()
        acknowledger = Listening(partitions)
        await acknowledger.start()
        partitions.on_live[0]()
        await acknowledger.heard.wait()
        await acknowledger.stop()
        return acknowledger

    acknowledger = asyncio.run(story())
    assert acknowledger.crashes == []
    assert [(ack.partitions, ack.offset) for ack in acknowledger.said] == [((0,), 7)]
