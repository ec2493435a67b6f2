"""Consume `scored`, `alerts`, `shadow-alerts` and `control`, and write them to SQL in bulk.

Of `dead-letters`, only gaps that retention has left are written, to the audit log.

For each chunk of records:

1. Read the records into rows.
2. Write the rows in one database transaction.
3. Commit the chunk's offsets to Kafka.

After a crash before 2 the chunk is read again. After a crash between 2 and 3 it is also written again, which
changes nothing, since rows are keyed by partition and offset, and by the generation of the topic that these
belong to (`recorder.generations`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from threading import Event
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from sqlalchemy import Engine

from contracts.broker import Broker
from contracts.dead_letter import DeadLetter
from contracts.heartbeat import HEARTBEATS
from contracts.metrics import recorder as metrics
from contracts.metrics.first_samples import begin_at_zero
from contracts.metrics.retention import DELETED_UNREAD
from contracts.outage import Outage
from contracts.stage_batch import BatchFormat
from contracts.undecodable import UNDECODABLE
from control.keys import ControlKey
from recorder.consuming import BROKER, RECONNECT_S, STUCK_S, commit_offsets, consumer_of, keep_alive
from recorder.followed import Followed
from recorder.gaps import own_gap, read_gap
from recorder.generations import TopicIds, TopicNames
from recorder.rows import UnreadableRecord, alert_row, control_row, scored_rows, shadow_row
from recorder.writing import RowsByTable, Stopped, write_patiently

log = logging.getLogger(__name__)

WORK = "recording"

POLL_MS = 500
# A part of the 5 s in which a process must end.
CLOSE_MS = 1_000
# 20,000 rows are about 8 MB and take 0.3 s on SQLite: the lock is released often and memory stays small.
ROWS_PER_WRITE = 20_000


@dataclass(frozen=True)
class Topics:
    """Names of the topics that the recorder reads."""

    scored: str
    alerts: str
    shadow_alerts: str
    control: str
    dead_letters: str


class Recorder:
    """Records until it is stopped. Several recorders share the partitions through the consumer group.

    Args:
        broker: the cluster and how to connect to it.
        group: consumer group.
        topics: names of the topics to read.
        engine: the database.
        key: key that control entries are verified with.
        followed: transactions to trace; None for none.
        source: topic of the transactions, whose id is part of the rows' keys; None where it is never
            created again.
        form: format of `scored`; None reads any columns, from trusted writers.
        webhooks: names of the endpoints that get new alerts, and how many deliveries may wait for each.
    """

    def __init__(
        self,
        broker: Broker,
        group: str,
        topics: Topics,
        engine: Engine,
        key: ControlKey,
        followed: Followed | None = None,
        source: str | None = None,
        form: BatchFormat | None = None,
        webhooks: tuple[tuple[str, ...], int] = ((), 0),
    ) -> None:
        self._broker, self._group, self._topics = broker, group, topics
        self._ids = TopicIds(broker, TopicNames(source, topics.control)) if source else None
        self._engine, self._key, self._followed = engine, key, followed
        self._form, self._webhooks = form, webhooks
        self._stop = Event()
        self._looked_at: set[TopicPartition] = set()
        self._outage = Outage("recorder", broker.bootstrap)

    def stop(self) -> None:
        """Ask `run` to return; unwritten records are read again later. Safe in a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Record until `stop`. Waits, with one log line, while the broker or the database is away."""
        self._outage.listen()
        begin_at_zero(DELETED_UNREAD, *astuple(self._topics))
        HEARTBEATS.await_ready(BROKER)
        while not self._stop.is_set():
            try:
                self._record()
            except Stopped:
                return
            except KafkaError as error:
                self._outage.note(error)
                HEARTBEATS.beat(WORK, within_s=STUCK_S)
                self._stop.wait(RECONNECT_S)

    def _record(self) -> None:
        consumer = consumer_of(self._broker, self._group)
        self._looked_at.clear()
        try:
            consumer.subscribe(list(astuple(self._topics)))
            log.info("recorder: reading from %s", self._broker.bootstrap)
            HEARTBEATS.ready(BROKER)
            while not self._stop.is_set():
                HEARTBEATS.beat(WORK, within_s=STUCK_S)
                self._outage.look()
                if self._ids is not None:
                    self._ids.look()
                for rows, offsets in self._chunks(consumer, consumer.poll(timeout_ms=POLL_MS)):
                    began = time.time()
                    write_patiently(self._engine, rows, self._stop, lambda: keep_alive(consumer, WORK))
                    HEARTBEATS.beat(WORK, within_s=STUCK_S)
                    if self._followed is not None:
                        self._followed.recorded(rows.scored, began)
                    commit_offsets(consumer, offsets)
        finally:
            consumer.close(autocommit=False, timeout_ms=CLOSE_MS)
            if self._ids is not None:
                self._ids.close()

    def _chunks(
        self, consumer: KafkaConsumer, polled: dict[TopicPartition, list[Any]]
    ) -> Iterator[tuple[RowsByTable, dict[TopicPartition, int]]]:
        """Yield about ROWS_PER_WRITE rows at most, and the offsets to commit once they are written."""
        rows, offsets = self._no_rows(), dict[TopicPartition, int]()
        for partition, records in polled.items():
            rows.gaps += self._gaps_before(consumer, partition)
            for record in records:
                self._read(record, rows)
                offsets[partition] = record.offset + 1
                if len(rows) >= ROWS_PER_WRITE:
                    yield rows, offsets
                    rows, offsets = self._no_rows(), {}
        if offsets:
            yield rows, offsets

    def _gaps_before(self, consumer: KafkaConsumer, partition: TopicPartition) -> list[DeadLetter]:
        """Look once for each partition whether retention has passed its committed place."""
        if partition in self._looked_at:
            return []
        self._looked_at.add(partition)
        gap = own_gap(consumer, partition)
        return [gap] if gap is not None else []

    def _no_rows(self) -> RowsByTable:
        if self._ids is None:
            return RowsByTable(webhooks=self._webhooks)
        return RowsByTable(topics=self._ids.names, ids=self._ids.current, webhooks=self._webhooks)

    def _read(self, record: Any, rows: RowsByTable) -> None:
        """Add the record to `rows`; an unreadable record is left out, logged and counted."""
        try:
            if record.topic == self._topics.scored:
                rows.scored += scored_rows(record.value or b"", self._form, record.timestamp / 1000)
            elif record.topic == self._topics.alerts:
                rows.alerts.append(alert_row(record.value or b""))
            elif record.topic == self._topics.shadow_alerts:
                row = shadow_row(record.value or b"")
                rows.shadow_alerts += [row] if row is not None else []
            elif record.topic == self._topics.dead_letters:
                gap = read_gap(record.value or b"")
                rows.gaps += [gap] if gap is not None else []
            else:
                rows.control.append(control_row(record.value, record.key, record.offset, self._key))
        except (UnreadableRecord, *UNDECODABLE) as error:
            metrics.RECORDER_UNREADABLE.labels(record.topic).inc()
            log.error("recorder: %s %d/%d left out: %s", record.topic, record.partition, record.offset, error)
