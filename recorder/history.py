"""Consume `scored`, and write it to the history store; its consumer group is its own.

1. Read records until a commit is due: `commit_s` seconds, or `ROWS_PER_COMMIT` rows.
2. Append the rows to the store. They become visible in one commit, with the last offset of each partition.
3. Commit the offsets in Kafka, with the place in the table's history that they belong to.

After a crash before 2 the records are read again. After a crash between 2 and 3 they are read again, too, and
the store leaves them out. If the table is another one, or an older one that was restored, the place of 3 does
not fit, and reading begins with the first record that the broker still has.

While the store is away, the recorder keeps its group and its rows, and SQL goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import TypeVar

import pyarrow as pa
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from sqlalchemy import Engine

from contracts.broker import Broker
from contracts.heartbeat import HEARTBEATS
from contracts.metrics import recorder as metrics
from contracts.outage import Outage
from contracts.stage_batch import BatchFormat, ForeignBatch
from recorder.consuming import RECONNECT_S, STUCK_S, commit_offsets, consumer_of, keep_alive
from recorder.generations import Generations, TopicIds, TopicNames
from recorder.history_rows import history_rows
from recorder.writing import FIRST_WAIT_S, LONGEST_WAIT_S, Stopped
from storage import StorageUnavailable, UnitOfWork
from storage.history import HistoryStore
from storage.history.store import HistoryContended

log = logging.getLogger(__name__)

T = TypeVar("T")

WORK = "recording the history"
POLL_MS = 500
CLOSE_MS = 1_000
ROWS_PER_COMMIT = 250_000
"""Rows that are held at most: some 110 MB."""


@dataclass
class _Held:
    """Batches that are not stored yet, and the offsets behind them."""

    batches: list[pa.RecordBatch] = field(default_factory=list)
    scored_at: list[float] = field(default_factory=list)
    offsets: dict[TopicPartition, int] = field(default_factory=dict)
    rows: int = 0
    since: float = field(default_factory=time.monotonic)


class HistoryRecorder:
    """Writes the history store until it is stopped. Several share the partitions through the group.

    Args:
        broker: the cluster and how to connect to it.
        group: consumer group.
        topic: name of `scored`.
        names: topics whose generations are part of the rows' keys.
        engine: the database, which knows these generations.
        form: format of `scored`.
        open_store: opens the store; it is called again after an outage.
        commit_s: seconds of traffic in a commit at most.
    """

    def __init__(
        self,
        broker: Broker,
        group: str,
        topic: str,
        names: TopicNames,
        engine: Engine,
        form: BatchFormat,
        open_store: Callable[[], HistoryStore],
        commit_s: float,
    ) -> None:
        self._broker, self._group, self._topic = broker, group, topic
        self._ids, self._engine, self._form = TopicIds(broker, names), engine, form
        self._open_store, self._commit_s = open_store, commit_s
        self._stop = Event()
        self._looked_at: set[TopicPartition] = set()
        self._outage = Outage("history recorder", broker.bootstrap)

    def stop(self) -> None:
        """Ask `run` to return; rows that are held are read again later. Safe in a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Record until `stop`. Waits, with one log line, while the broker or the store is away."""
        while not self._stop.is_set():
            try:
                self._record(self._patiently(self._open_store, lambda: None))
            except Stopped:
                break
            except KafkaError as error:
                self._outage.note(error)
                HEARTBEATS.beat(WORK, within_s=STUCK_S)
                self._stop.wait(RECONNECT_S)
        HEARTBEATS.end(WORK)

    def _record(self, store: HistoryStore) -> None:
        consumer = consumer_of(self._broker, self._group)
        try:
            consumer.subscribe([self._topic])
            log.info("recorder: writing the history store %s", store.table.location())
            self._looked_at.clear()
            held = _Held()
            while not self._stop.is_set():
                HEARTBEATS.beat(WORK, within_s=STUCK_S)
                self._ids.look()
                self._read(consumer, store, held)
                if held.rows >= ROWS_PER_COMMIT or time.monotonic() - held.since >= self._commit_s:
                    self._write(consumer, store, held)
                    held = _Held()
            self._write(consumer, store, held)
        finally:
            consumer.close(autocommit=False, timeout_ms=CLOSE_MS)
            self._ids.close()

    def _read(self, consumer: KafkaConsumer, store: HistoryStore, held: _Held) -> None:
        wait_s = min(POLL_MS / 1000, max(0.0, held.since + self._commit_s - time.monotonic()))
        polled = consumer.poll(timeout_ms=int(wait_s * 1000))
        for partition in self._of_another_table(consumer, store):
            consumer.seek_to_beginning(partition)
            polled.pop(partition, None)
        for partition, records in polled.items():
            for record in records:
                held.offsets[partition] = record.offset + 1
                try:
                    batch = self._form.read(record.value or b"")
                except ForeignBatch as error:
                    # The writer to SQL logs and counts it too: both read the same topic.
                    log.debug("history: %s/%d left out: %s", partition, record.offset, error)
                    continue
                held.batches.append(batch)
                held.scored_at.append(record.timestamp / 1000)
                held.rows += batch.num_rows

    def _of_another_table(self, consumer: KafkaConsumer, store: HistoryStore) -> list[TopicPartition]:
        """Look once at each partition: return those whose offset belongs to another state of the table."""
        identity, _, seen = place_of(store).rpartition("/")
        found = []
        for partition in consumer.assignment() - self._looked_at:
            self._looked_at.add(partition)
            committed = consumer.committed(partition, metadata=True)
            table, _, place = (committed.metadata if committed else "").rpartition("/")
            if committed and (table != identity or int(place) > int(seen)):
                log.warning("history: the offset of %s belongs to another state of the table", partition)
                found.append(partition)
        return found

    def _write(self, consumer: KafkaConsumer, store: HistoryStore, held: _Held) -> None:
        if not held.offsets:
            return
        if held.rows:
            self._patiently(lambda: self._append(store, held), lambda: keep_alive(consumer, WORK))
        commit_offsets(consumer, held.offsets, place_of(store))

    def _append(self, store: HistoryStore, held: _Held) -> None:
        began = time.monotonic()
        with UnitOfWork(self._engine) as unit:
            generations = Generations.of(unit, self._ids.names, self._ids.current)
            unit.commit()
        done = store.append(history_rows(held.batches, held.scored_at, generations))
        metrics.HISTORY_SECONDS.observe(time.monotonic() - began)
        metrics.RECORDED.labels("history").inc(done.stored)
        metrics.RECORDER_REPEATED.labels("history").inc(done.repeated)

    def _patiently(self, work: Callable[[], T], keep: Callable[[], None]) -> T:
        """Repeat `work` until the store answers. Raises Stopped if `stop` is set first."""
        wait = FIRST_WAIT_S
        while True:
            try:
                return work()
            except (StorageUnavailable, HistoryContended) as error:
                if wait == FIRST_WAIT_S:
                    log.warning("recorder: %s; trying again until it is back", error)
            metrics.RECORDER_RETRIES.labels("history").inc()
            HEARTBEATS.beat(WORK, within_s=STUCK_S)
            if self._stop.wait(wait):
                raise Stopped
            wait = min(LONGEST_WAIT_S, 2 * wait)
            keep()


def place_of(store: HistoryStore) -> str:
    """Return the table and how many commits it has seen, as kept beside offsets."""
    newest = store.table.current_snapshot()
    return f"{store.table.metadata.table_uuid}/{newest.sequence_number or 0 if newest else 0}"
