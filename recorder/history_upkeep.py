"""Keeps the history store in order: compaction, retention, files that nothing names."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event
from typing import Final

from storage.errors import StorageError
from storage.history import HistoryReader, HistoryStore, Upkeep

log = logging.getLogger(__name__)

EVERY_S: Final = 3600.0
DAY_S: Final = 86_400.0
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


def keep_in_order_hourly(open_store: Callable[[], HistoryStore], days: float, stop: Event) -> None:
    """Call `keep_in_order` every hour until `stop`; an outage is logged, and the next hour tries again."""
    while not stop.wait(EVERY_S):
        try:
            log.info("history: upkeep: %s", keep_in_order(open_store(), days))
        except StorageError as error:
            log.warning("history: no upkeep this hour: %s", error)
