"""The threads of a recorder that write the history store and keep it in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING

from settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from contracts.stage_batch import BatchFormat
    from storage.history import HistoryStore


@dataclass(frozen=True)
class StoppableThread:
    """A thread, and how to end it."""

    thread: Thread
    stop: Callable[[], None]

    def start(self) -> None:
        """Start it."""
        self.thread.start()

    def join(self) -> None:
        """Wait until it has ended."""
        self.thread.join()


def history_threads(settings: Settings, engine: Engine, form: BatchFormat) -> list[StoppableThread]:
    """Return the threads, not started; none where no history store is set.

    Args:
        settings: all settings.
        engine: the database.
        form: format of `scored`.
    """
    if not settings.history.location:
        return []
    from recorder.generations import TopicNames
    from recorder.history import HistoryRecorder
    from recorder.history_upkeep import keep_in_order_hourly

    names = TopicNames(settings.topics.transactions, settings.topics.control)
    recorder = HistoryRecorder(
        settings.broker,
        f"{settings.stream.group}-history",
        settings.topics.scored,
        names,
        engine,
        form,
        lambda: open_history(settings),
        settings.history.commit_s,
    )
    stop = Event()
    upkeep = Thread(
        target=keep_in_order_hourly,
        args=(
            lambda: open_history(settings),
            engine,
            settings.history.days,
            settings.history.sql_hours,
            stop,
        ),
        name="history upkeep",
        daemon=True,  # a compaction takes longer than a process may take to end, and may end at any place
    )
    return [
        StoppableThread(Thread(target=recorder.run, name="history recorder"), recorder.stop),
        StoppableThread(upkeep, stop.set),
    ]


def open_history(settings: Settings, *, create: bool = True) -> HistoryStore:
    """Open the history store that the settings name.

    Args:
        settings: all settings; `history.location` is set.
        create: whether a table, or a column of an entity, that is missing is created.

    Raises:
        NoHistory: there is no table, and `create` is false.
        StorageUnavailable: it cannot be reached.
    """
    from storage.history import HistoryPlace, HistoryStore

    place = HistoryPlace(settings.history.location, settings.history.catalog)
    return HistoryStore.open(place, [entity.name for entity in settings.entities] if create else None)
