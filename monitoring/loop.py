"""Runs monitoring rounds on a schedule."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from contracts.heartbeat import HEARTBEATS
from contracts.metrics import monitor as metrics
from monitoring.gauges import MonitorGauges
from monitoring.round import Round
from storage import StorageUnavailable

log = logging.getLogger(__name__)

STUCK_S = 900.0  # seconds that one round may take beside the wait before it


class Monitor:
    """Runs a round every `every_s` seconds; while the database is away, it tries again at the next round.

    Args:
        rounds: runs one round.
        entities: names of the entities.
        every_s: seconds from the start of one round to the start of the next.
        clock: returns seconds since 1970, in the clock that labels are stamped with.
    """

    def __init__(
        self,
        rounds: Round,
        entities: Sequence[str],
        every_s: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._rounds = rounds
        self._entities = entities
        self._every_s = every_s
        self._clock = clock
        self._gauges = MonitorGauges()
        self._stop = threading.Event()
        self._away = False

    def stop(self) -> None:
        """End after the current round; may be called from a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Run rounds until `stop` is called."""
        while not self._stop.is_set():
            started = time.monotonic()
            HEARTBEATS.beat("monitoring rounds", within_s=self._every_s + STUCK_S)
            self._run_round()
            self._stop.wait(max(0.0, self._every_s - (time.monotonic() - started)))

    def _run_round(self) -> None:
        now = self._clock()
        try:
            with metrics.ROUND_SECONDS.time():
                report = self._rounds.run(now)
        except StorageUnavailable as error:
            if not self._away:
                log.warning("monitor: %s; retrying every %g s", error, self._every_s)
            self._away = True
            return
        self._away = False
        self._gauges.publish(report, self._entities, now)
