"""Keeps the history store in order, and SQL short: what the store holds and no page needs leaves SQL."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from threading import Event
from typing import Final

from sqlalchemy import Engine

from storage.errors import StorageError
from storage.history import HistoryReader, HistoryStore, Upkeep
from storage.past.trimming import trim_sql

log = logging.getLogger(__name__)

EVERY_S: Final = 3600.0
DAY_S: Final = 86_400.0
LATE_S: Final = DAY_S
"""Seconds that a transaction may arrive late; later ones leave SQL after the recorder starts again."""
SNAPSHOTS_S: Final = DAY_S
"""Seconds that a snapshot is kept: a reader that began before may go on so long."""


def keep_in_order(store: HistoryStore, days: float) -> dict[str, int]:
    """Join small files, drop days past retention, forget old snapshots, delete what nothing names.

    Args:
        store: the open store.
        days: days of event time to keep, counted from the newest; 0 keeps all.

    Returns:
        What was done, in numbers.

    Raises:
        StorageError: the store is away, or other writers were faster.
    """
    upkeep = Upkeep(store)
    joined = upkeep.compact()
    newest = HistoryReader(store.table).newest_event_time()
    dropped = upkeep.drop_before(newest - days * DAY_S) if days and newest is not None else 0
    return {
        "joined_files": joined.before,
        "dropped_rows": dropped,
        "expired_snapshots": upkeep.expire_snapshots(SNAPSHOTS_S),
        "deleted_files": upkeep.sweep(),
    }


def keep_in_order_hourly(
    open_store: Callable[[], HistoryStore], engine: Engine, days: float, sql_hours: float, stop: Event
) -> None:
    """Call `trim_sql` and `keep_in_order` every hour until `stop`.

    An outage is logged, and the next hour tries again.

    Args:
        open_store: opens the store.
        engine: the database.
        days: days of event time that the store keeps; 0 keeps all.
        sql_hours: hours of event time that SQL keeps whole.
        stop: ends it.
    """
    since = -math.inf
    while not stop.wait(EVERY_S):
        try:
            store = open_store()
            # Before old days are dropped: SQL loses only what the store is seen to hold.
            reader = HistoryReader(store.table)
            deleted, before = trim_sql(engine, reader, sql_hours, now=time.time(), since=since)
            since = before - LATE_S
            log.info("history: %d transactions that it holds were deleted from SQL", deleted)
            log.info("history: upkeep: %s", keep_in_order(store, days))
        except StorageError as error:
            log.warning("history: no upkeep this hour: %s", error)
