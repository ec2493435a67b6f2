"""Publish which partitions score under which control offset."""

import asyncio
import time
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from mode import Service

from contracts.acknowledgement import Acknowledgement
from contracts.broker import Broker, aiokafka_options
from contracts.metrics import control_log as metrics
from contracts.signing.trust import Trust
from control.acknowledgements import acknowledge
from control.log_reader import ControlLog
from control.snapshot import Snapshot
from stream.partition.manager import PartitionManager
from stream.transport.patience import until_the_broker_answers


class Acknowledger(Service):
    """Publishes an `Acknowledgement` after each swap, and when partitions change hands.

    1. The snapshot is replaced. 2. Wait until every batch that was started under the old one is finished.
    3. Acknowledge: every later batch is scored under the new one. A crash before 3 costs the acknowledgement;
    the next owner of the partition publishes its own.

    Args:
        worker: name of this worker.
        scores_on: the topic whose partitions score.
        trust: signs the acknowledgements.
    """

    def __init__(
        self,
        broker: Broker,
        topic: str,
        worker: str,
        scores_on: str,
        control: ControlLog,
        partitions: PartitionManager,
        trust: Trust,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._broker = broker
        self._topic = topic
        self._worker = worker
        self._scores_on = scores_on
        self._control = control
        self._partitions = partitions
        self._trust = trust
        self._news = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None
        control.on_change.append(self._note)
        partitions.on_live.append(self._news.set)

    async def on_stop(self) -> None:
        if self._producer is not None:
            await self._producer.stop()

    @Service.task
    async def _follow(self) -> None:
        while not self.should_stop:
            await self._news.wait()
            self._news.clear()
            offset = self._control.offset
            for worker in [self._partitions.worker(partition) for partition in self._scoring()]:
                await worker.settled()
            scoring = (
                self._scoring()
            )  # a partition that went live since then scores under this offset or a later one
            if scoring:
                numbers = tuple(partition.partition for partition in scoring)
                await self._publish(Acknowledgement(self._worker, numbers, offset, time.time()))
            for partition in scoring:
                metrics.CONTROL_OFFSET_LIVE.labels(str(partition.partition)).set(offset)

    def _note(self, _: Snapshot) -> None:
        self._news.set()

    def _scoring(self) -> list[TopicPartition]:
        return sorted(p for p in self._partitions.live if p.topic == self._scores_on)

    async def _publish(self, ack: Acknowledgement) -> None:
        async def publish() -> None:
            await acknowledge(await self._ready_producer(), self._topic, ack, self._trust)

        await until_the_broker_answers(publish, "acknowledging the control log")

    async def _ready_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(**aiokafka_options(self._broker))
            await producer.start()
            self._producer = producer
        return self._producer
