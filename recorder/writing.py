"""Write consumed rows to the database, and wait while the database is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from sqlalchemy import Engine

from contracts.metrics import recorder as metrics
from storage import StorageUnavailable, UnitOfWork
from storage.bulk import Row

log = logging.getLogger(__name__)

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0


@dataclass
class RowsByTable:
    """RowsByTable of one write, by table."""

    scored: list[Row] = field(default_factory=list)
    alerts: list[Row] = field(default_factory=list)
    shadow_alerts: list[Row] = field(default_factory=list)
    control: list[Row] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.scored) + len(self.alerts) + len(self.shadow_alerts) + len(self.control)


class Stopped(Exception):
    """The recorder was stopped while it waited."""


def write(engine: Engine, rows: RowsByTable) -> None:
    """Write all tables in one database transaction.

    Raises:
        StorageUnavailable: the database is away; nothing is written.
    """
    started = time.monotonic()
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many(rows.scored)
        unit.alerts.add_many(rows.alerts)
        unit.shadow_alerts.add_many(rows.shadow_alerts)
        unit.control.add_many(rows.control)
        unit.commit()
    metrics.RECORD_SECONDS.observe(time.monotonic() - started)
    metrics.RECORDED.labels("scored_transactions").inc(len(rows.scored))
    metrics.RECORDED.labels("alerts").inc(len(rows.alerts))
    metrics.RECORDED.labels("shadow_alerts").inc(len(rows.shadow_alerts))
    metrics.RECORDED.labels("control_entries").inc(len(rows.control))


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
