"""Reads what the scorer writes: scores at once, and the ends of the transactions that they belong to.

A gateway reads all partitions, without a consumer group, so any number of gateways work side by side. One
consumer reads uncommitted records, which are there as soon as the scorer has sent them, and the markers that
end transactions. At the start it reads the last minute.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec
from aiokafka import TopicPartition

from contracts.broker import Broker, aiokafka_options
from contracts.dead_letter import DeadLetter
from contracts.heartbeat import HEARTBEATS
from contracts.stage_batch import BatchFormat, ForeignBatch
from contracts.undecodable import UNDECODABLE
from decisions.correlator import Correlator
from decisions.scored import ScoredBatch
from decisions.topics.alert_place import alert_place
from decisions.topics.log_batches import Ended, LogConsumer, Written

log = logging.getLogger(__name__)

Polled = dict[TopicPartition, list[Written | Ended]]

SEED_S = 60.0
"""Seconds of scores that are read at the start; the database has older ones. The recorder lags by less."""
PATIENCE_S = 1.0
STUCK_S = 30.0
FETCH_BYTES = 16 << 20
MOST_POLLED = 1_000
PAUSE_S = 0.002
"""Between two fetches. A round of the scorer arrives in pieces: partition by partition, then the markers."""
POLLING = "scores"
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
    ) -> None:
        self._broker = broker
        self._scored, self._alerts, self._dead_letters = scored, alerts, dead_letters
        self._partitions = [
            TopicPartition(topic, number)
            for topic in (scored, alerts, dead_letters)
            for number in range(partitions)
        ]
        self._transactions = transactions
        self._form, self._correlator = form, correlator

    async def run(self) -> None:
        """Read until cancelled."""
        consumer = await self._consumer()
        try:
            ends = await consumer.end_offsets(self._partitions)
            await _seek_back(consumer, ends)
            behind = set(ends)
            while True:
                polled = await _poll(consumer)
                self._take(polled)
                if behind:
                    positions = {one: await consumer.position(one) for one in behind}
                    behind = {one for one in behind if positions[one] < ends[one]}
                    if not behind:
                        HEARTBEATS.ready(READY)
                elif polled:
                    await asyncio.sleep(PAUSE_S)
        finally:
            await consumer.stop()

    async def _consumer(self) -> LogConsumer:
        consumer = LogConsumer(
            **aiokafka_options(self._broker),
            enable_auto_commit=False,
            auto_offset_reset="latest",
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=FETCH_BYTES,
            max_poll_records=MOST_POLLED,
        )
        await consumer.start()
        consumer.assign(self._partitions)
        return consumer

    def _take(self, polled: Polled) -> None:
        """Take alerts first, so that a score finds its reasons."""
        for partition, batches in sorted(polled.items(), key=lambda item: item[0].topic != self._alerts):
            for batch in batches:
                if isinstance(batch, Written):
                    self._take_records(partition, batch)
                elif partition.topic == self._scored:
                    self._correlator.ended(partition.partition, batch.producer, committed=batch.committed)

    def _take_records(self, partition: TopicPartition, batch: Written) -> None:
        for record in batch.records:
            if partition.topic == self._alerts:
                if (place := alert_place(record.value)) is not None:
                    self._correlator.alerted(place, record.value)
            elif partition.topic == self._dead_letters:
                self._take_dead_letter(record.value or b"")
            else:
                self._take_scores(partition, record, batch.producer)

    def _take_dead_letter(self, value: bytes) -> None:
        with suppress(*UNDECODABLE):
            letter = msgspec.json.decode(value, type=DeadLetter)
            if letter.topic == self._transactions:
                self._correlator.rejected((letter.partition, letter.offset), letter.reason)

    def _take_scores(self, partition: TopicPartition, record: Any, producer: int | None) -> None:
        try:
            rows = self._form.read(record.value or b"")
        except ForeignBatch as error:
            log.error("%s %d/%d is left out: %s", *partition, record.offset, error)
            return
        self._correlator.scored(ScoredBatch(rows, partition.partition, record.timestamp / 1000, producer))


async def _poll(consumer: LogConsumer) -> Polled:
    HEARTBEATS.beat(POLLING, within_s=STUCK_S)
    polled: Polled = await consumer.getmany(timeout_ms=int(1000 * PATIENCE_S))
    return polled


async def _seek_back(consumer: LogConsumer, ends: Mapping[TopicPartition, int]) -> None:
    """Begin with the records of the last `SEED_S` seconds."""
    since = int(1000 * (time.time() - SEED_S))
    found = await consumer.offsets_for_times(dict.fromkeys(ends, since))
    for one in ends:
        consumer.seek(one, found[one].offset if found.get(one) else ends[one])
