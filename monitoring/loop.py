"""Rounds on a schedule, until told to stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from contracts.metrics import monitor as metrics
from monitoring.round import Round
from monitoring.serving import Serving
from storage import StorageUnavailable

log = logging.getLogger(__name__)


class Monitor:
    """Runs a round every `every_s` seconds; a database that is away is waited for.

    Args:
        entities: names of the entities.
        clock: seconds since 1970, in which labels are stamped.
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
        self._serving = Serving()
        self._stop = threading.Event()
        self._away = False

    def stop(self) -> None:
        """End after the round under way."""
        self._stop.set()

    def run(self) -> None:
        """Until `stop`."""
        while not self._stop.is_set():
            started = time.monotonic()
            self._look()
            self._stop.wait(max(0.0, self._every_s - (time.monotonic() - started)))

    def _look(self) -> None:
        now = self._clock()
        try:
            with metrics.ROUND_SECONDS.time():
                told = self._rounds.run(now)
        except StorageUnavailable as error:
            if not self._away:
                log.warning("monitor: %s; trying again until it is back", error)
            self._away = True
            return
        self._away = False
        self._serving.show(told, self._entities, now)
