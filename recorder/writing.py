"""Write consumed rows to the database, and wait while the database is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event

from sqlalchemy import Engine

from contracts.dead_letter import DeadLetter
from contracts.metrics import recorder as metrics
from recorder.gaps import audit_gaps
from recorder.generations import Generations, TopicNames
from storage import StorageUnavailable, UnitOfWork
from storage.bulk import Row

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
    """

    scored: list[Row] = field(default_factory=list)
    alerts: list[Row] = field(default_factory=list)
    shadow_alerts: list[Row] = field(default_factory=list)
    control: list[Row] = field(default_factory=list)
    gaps: list[DeadLetter] = field(default_factory=list)
    topics: TopicNames | None = None
    ids: Mapping[str, str] = field(default_factory=dict)

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
