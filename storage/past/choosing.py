"""Chooses where past traffic is read: in the history store if the engine names one, else in SQL."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from storage.history_location import HISTORY, HistoryLocation
from storage.past.from_sql import FromSql
from storage.past.port import PastTraffic

if TYPE_CHECKING:
    from storage.history import HistoryStore


class _OpenStores(threading.local):
    """The stores that this thread has opened: a store is not safe for use by two threads."""

    def __init__(self) -> None:
        self.by_location: dict[HistoryLocation, HistoryStore] = {}


_OPEN: Final = _OpenStores()


def past_of(engine: Engine, session: Session) -> PastTraffic:
    """Return the reader of past traffic.

    SQL is read as long as the history store has no table: the recorder has not written it yet.

    Args:
        engine: from `open_engine`, with or without a history store.
        session: the session of a unit of work.

    Raises:
        StorageUnavailable: the catalogue or the files of the history store cannot be reached.
    """
    at: HistoryLocation | None = engine.get_execution_options().get(HISTORY)
    if at is None:
        return FromSql(session)
    from storage.history import HistoryReader
    from storage.history.store import NoHistory
    from storage.past.from_history import FromHistory

    try:
        return FromHistory(HistoryReader(_newest(at).table), session, at.sql_hours)
    except NoHistory:
        return FromSql(session)


def _newest(at: HistoryLocation) -> HistoryStore:
    from storage.history import HistoryPlace, HistoryStore
    from storage.history.outage import away_as_unavailable

    store = _OPEN.by_location.get(at)
    if store is None:
        store = _OPEN.by_location[at] = HistoryStore.open(HistoryPlace(at.location, at.catalog))
    else:
        with away_as_unavailable(at.location):
            store.table.refresh()
    return store
