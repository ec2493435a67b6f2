"""Reads what the scorer writes: scores at once, and once more when they are committed.

A gateway reads all partitions, without a consumer group, so any number of gateways work side by side. The
first consumer reads uncommitted records, which are there as soon as the scorer has sent them. The second one
reads committed records: it confirms what the first has read, and at the start it reads the last minutes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from contracts.broker import Broker, aiokafka_options
from contracts.dead_letter import DeadLetter
from contracts.heartbeat import HEARTBEATS
from contracts.stage_batch import BatchFormat, ForeignBatch
from contracts.undecodable import UNDECODABLE
from decisions.correlator import Correlator
from decisions.scored import ScoredBatch
from decisions.topics.alert_place import alert_place

log = logging.getLogger(__name__)

SEED_S = 60.0
"""Seconds of scores that are read at the start; the database has older ones. The recorder lags by less."""
PATIENCE_S = 1.0
STUCK_S = 30.0
FETCH_BYTES = 16 << 20
MOST_POLLED = 1_000
READY = "the scores of the last minute"


class ScoreReader:
    """Feeds a correlator.

    Args:
        broker: the cluster and how to connect to it.
        transactions: topic of the transactions.
        scored: topic of the scored batches.
        alerts: topic of the alerts.
        dead_letters: topic of what is not scored.
        partitions: number of partitions of each.
        form: format of the scored batches under the settings.
        correlator: takes scores and alerts.
        transactional: whether the scorer writes in transactions. Without, a score is durable once it is read.
    """

    def __init__(
        self,
        broker: Broker,
        transactions: str,
        scored: str,
        alerts: str,
        dead_letters: str,
        partitions: int,
        form: BatchFormat,
        correlator: Correlator,
        *,
        transactional: bool,
    ) -> None:
        self._broker, self._alerts, self._dead_letters = broker, alerts, dead_letters
        self._partitions = [
            TopicPartition(topic, number)
            for topic in (scored, alerts, dead_letters)
            for number in range(partitions)
        ]
        self._transactions = transactions
        self._form, self._correlator, self._transactional = form, correlator, transactional

    async def run(self) -> None:
        """Read until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read_committed())
            if self._transactional:
                tasks.create_task(self._read_uncommitted())

    async def _read_uncommitted(self) -> None:
        consumer = await self._consumer("read_uncommitted")
        try:
            await consumer.seek_to_end(*self._partitions)
            while True:
                self._take(await _poll(consumer, "uncommitted scores"), durable=False)
        finally:
            await consumer.stop()

    async def _read_committed(self) -> None:
        consumer = await self._consumer("read_committed")
        try:
            ends = await consumer.end_offsets(self._partitions)
            await _seek_back(consumer, ends)
            behind = set(ends)
            while True:
                self._take(await _poll(consumer, "committed scores"), durable=True)
                if behind:
                    positions = {one: await consumer.position(one) for one in behind}
                    behind = {one for one in behind if positions[one] < ends[one]}
                    if not behind:
                        HEARTBEATS.ready(READY)
        finally:
            await consumer.stop()

    async def _consumer(self, isolation: str) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(
            **aiokafka_options(self._broker),
            isolation_level=isolation,
            enable_auto_commit=False,
            auto_offset_reset="latest",
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=FETCH_BYTES,
            max_poll_records=MOST_POLLED,
        )
        await consumer.start()
        consumer.assign(self._partitions)
        return consumer

    def _take(self, polled: dict[TopicPartition, list[ConsumerRecord]], *, durable: bool) -> None:
        """Take alerts first, so that a score finds its reasons."""
        for partition, records in sorted(polled.items(), key=lambda item: item[0].topic != self._alerts):
            for record in records:
                if partition.topic == self._alerts:
                    if (place := alert_place(record.value)) is not None:
                        self._correlator.alerted(place, record.value)
                elif partition.topic == self._dead_letters:
                    self._take_dead_letter(record.value or b"")
                elif not durable or not self._correlator.committed(record.partition, record.offset):
                    self._take_scores(record, durable=durable)

    def _take_dead_letter(self, value: bytes) -> None:
        with suppress(*UNDECODABLE):
            letter = msgspec.json.decode(value, type=DeadLetter)
            if letter.topic == self._transactions:
                self._correlator.rejected((letter.partition, letter.offset), letter.reason)

    def _take_scores(self, record: ConsumerRecord, *, durable: bool) -> None:
        try:
            rows = self._form.read(record.value or b"")
        except ForeignBatch as error:
            log.error("%s %d/%d is left out: %s", record.topic, record.partition, record.offset, error)
            return
        batch = ScoredBatch(rows, record.partition, record.offset, record.timestamp / 1000, durable=durable)
        self._correlator.scored(batch)


async def _poll(consumer: AIOKafkaConsumer, name: str) -> dict[TopicPartition, list[ConsumerRecord]]:
    HEARTBEATS.beat(name, within_s=STUCK_S)
    polled: dict[TopicPartition, list[ConsumerRecord]] = await consumer.getmany(
        timeout_ms=int(1000 * PATIENCE_S)
    )
    return polled


async def _seek_back(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> None:
    """Begin with the records of the last `SEED_S` seconds."""
    since = int(1000 * (time.time() - SEED_S))
    found = await consumer.offsets_for_times(dict.fromkeys(ends, since))
    for one in ends:
        consumer.seek(one, found[one].offset if found.get(one) else ends[one])
