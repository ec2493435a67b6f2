"""Write consumed rows to the database, and wait while the database is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event

from sqlalchemy import Engine

from contracts.dead_letter import DeadLetter
from contracts.metrics import recorder as metrics
from recorder.gaps import audit_gaps
from recorder.generations import Generations, TopicNames
from recorder.webhooks.events import of_alerts
from storage import StorageUnavailable, UnitOfWork
from storage.bulk import Row
from storage.webhooks import WAITING

log = logging.getLogger(__name__)

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0


@dataclass
class RowsByTable:
    """Rows of one write, by table.

    Attributes:
        gaps: deleted records, which go to the audit log.
        topics: names of the topics whose offsets key the rows; None where their ids are unknown.
        ids: UUIDs of these topics, by name.
        webhooks: names of the endpoints that get new alerts, and how many deliveries may wait for each.
    """

    scored: list[Row] = field(default_factory=list)
    alerts: list[Row] = field(default_factory=list)
    shadow_alerts: list[Row] = field(default_factory=list)
    control: list[Row] = field(default_factory=list)
    gaps: list[DeadLetter] = field(default_factory=list)
    topics: TopicNames | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    webhooks: tuple[tuple[str, ...], int] = ((), 0)

    def __len__(self) -> int:
        tables = (self.scored, self.alerts, self.shadow_alerts, self.control, self.gaps)
        return sum(len(rows) for rows in tables)


class Stopped(Exception):
    """The recorder was stopped while it waited."""


def write(engine: Engine, rows: RowsByTable) -> None:
    """Write all tables in one database transaction.

    Raises:
        StorageUnavailable: the database is away; nothing is written.
    """
    started = time.monotonic()
    with UnitOfWork(engine) as unit:
        generations = Generations.of(unit, rows.topics, rows.ids) if rows.topics else Generations()
        new = {
            "scored_transactions": unit.transactions.add_many(generations.scored(rows.scored)),
            "alerts": unit.alerts.add_many(generations.alerts(rows.alerts)),
            "shadow_alerts": unit.shadow_alerts.add_many(generations.shadow_alerts(rows.shadow_alerts)),
            "control_entries": unit.control.add_many(generations.control_entries(rows.control)),
        }
        _queue_webhooks(unit, generations.alerts(rows.alerts), *rows.webhooks)
        audit_gaps(unit, rows.gaps)
        unit.commit()
    metrics.RECORD_SECONDS.observe(time.monotonic() - started)
    read = (rows.scored, rows.alerts, rows.shadow_alerts, rows.control)
    for (table, stored), of_table in zip(new.items(), read, strict=True):
        metrics.RECORDED.labels(table).inc(stored)
        metrics.RECORDER_REPEATED.labels(table).inc(len(of_table) - stored)


def write_patiently(engine: Engine, rows: RowsByTable, stop: Event, keep_alive: Callable[[], None]) -> None:
    """Repeat `write` until it succeeds; wait 0.1 s at first and 5 s at most between two attempts.

    Args:
        engine: the database.
        rows: rows of all tables.
        stop: ends the wait.
        keep_alive: called before each new attempt.

    Raises:
        Stopped: `stop` is set. Nothing is lost: the offsets are not committed.
    """
    wait = FIRST_WAIT_S
    while True:
        try:
            write(engine, rows)
        except StorageUnavailable as error:
            if wait == FIRST_WAIT_S:
                log.warning("recorder: %s; trying again until it is back", error)
        else:
            if wait > FIRST_WAIT_S:
                log.info("recorder: the database is back")
            return
        metrics.RECORDER_RETRIES.labels("database").inc()
        if stop.wait(wait):
            raise Stopped
        wait = min(LONGEST_WAIT_S, 2 * wait)
        keep_alive()


def _queue_webhooks(unit: UnitOfWork, alerts: Sequence[Row], endpoints: Sequence[str], most: int) -> None:
    """Queue alerts with the rows that they are about, so that none is sent that is not stored, or lost."""
    if not alerts or not endpoints:
        return
    full = [one for one in endpoints if unit.webhooks.count(endpoint=one, state=WAITING) >= most]
    for endpoint in full:
        metrics.WEBHOOKS.labels(endpoint, "left out").inc(len(alerts))
        log.error("recorder: %d deliveries wait for webhook %s, new alerts are left out", most, endpoint)
    now = time.time()
    unit.webhooks.add(of_alerts(alerts, [one for one in endpoints if one not in full], now=now), now=now)
