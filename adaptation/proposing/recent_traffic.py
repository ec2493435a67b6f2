"""Keeps a sample of recent traffic in memory; a thread draws and replaces it as a whole."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from sqlalchemy import Engine

from contracts.metrics import adaptation as metrics
from contracts.standing_policy import DAY_S
from storage import StorageError, UnitOfWork
from storage.traffic_sample import NEWEST, SIZE, TrafficSample

log = logging.getLogger(__name__)

REFRESH_S = 60.0
LOOK_S = 1.0
GIVES_WAY_S = 1.0
"""At each of its steps a draw waits this long for a running request; an episode takes a tenth of it."""
RECENT_DAYS = 14.0
"""Days of event time that the sample is drawn from; fewer if they hold more than `newest` transactions."""
GROWTH = 1.25
"""The sample is drawn early once this many times as much is stored as at the last draw."""


class RecentTraffic:
    """Holds the sample to calibrate on in `current`; reading it never waits for the database."""

    def __init__(self, engine: Engine, *, size: int = SIZE, newest: int = NEWEST) -> None:
        self._engine, self._size, self._newest = engine, size, newest
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._drawn_at = -REFRESH_S
        self._draws = 0
        self._told = False
        self._free = threading.Event()
        self._free.set()
        self.per_day: float | None = None
        """Transactions a day by event time; None before a day of traffic is stored."""
        self.stored, self.stored_days = 0, 0.0
        """Stored transactions, and the days of event time that they span."""
        self.stored_per_row = 1.0
        """Stored transactions that each row of the sample represents."""
        self.current = TrafficSample(np.zeros((0, 0), np.float32), np.zeros(0), [], [])

    def start(self) -> None:
        """Draw a sample now, and further ones in a thread."""
        self.refresh()
        self._thread = threading.Thread(target=self._run, name="recent traffic", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread. A draw that has begun is finished first, which takes about a second."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Pause a draw that has begun, since it would take the processor from a request that is waiting."""
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    def refresh(self) -> None:
        """Draw a new sample if the present one is too old or small; keep it while the stores are away."""
        if len(self.current) >= self._size and not self._old():
            return
        try:
            with UnitOfWork(self._engine, reads_only=True) as unit:
                stored = unit.past.stored()
                if not self._due(stored):
                    return
                reach = self._reach()
                drawn = unit.past.sample(
                    self._size,
                    newest=reach,
                    seed=self._draws,
                    yield_control=self._give_way,
                )
                days = unit.past.stored_days()
        except StorageError as error:
            if not self._told:
                log.warning(
                    "recent traffic: %s; the present sample of %d rows stays", error, len(self.current)
                )
            self._told = True
            return
        self._told, self._drawn_at = False, time.monotonic()
        self.stored, self.stored_days = stored, days
        self._draws += 1
        drawn_from = min(stored, reach)
        self.current, self.per_day = drawn, _per_day(drawn, drawn_from)
        self.stored_per_row = drawn_from / max(len(drawn), 1)
        metrics.RESERVOIR_ROWS.set(len(drawn))

    def _reach(self) -> int:
        """Return how many of the newest transactions to draw from; the first draw does not know the days."""
        recent = self._newest if self.per_day is None else round(RECENT_DAYS * self.per_day)
        return min(max(recent, self._size), self._newest)

    def _give_way(self) -> None:
        self._free.wait(GIVES_WAY_S)

    def _due(self, stored: int) -> bool:
        if stored == self.stored:
            return False
        small = len(self.current) < self._size and stored >= GROWTH * self.stored
        return small or self._old()

    def _old(self) -> bool:
        return time.monotonic() - self._drawn_at >= REFRESH_S

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                self.refresh()
            except Exception:
                # If the thread ended unnoticed, the sample would grow older without limit.
                log.exception("recent traffic: drawing failed; the present sample stays")


def _per_day(sample: TrafficSample, drawn_from: int) -> float | None:
    """Return transactions a day of the `drawn_from` transactions that the sample is spread over."""
    days = float(np.ptp(sample.event_time)) / DAY_S if len(sample) else 0.0
    return drawn_from / days if days >= 1.0 else None
