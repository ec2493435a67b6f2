"""Heartbeats of the work of a process, so that a process that only looks alive is restarted.

Each loop or thread that must go on calls `beat` once a turn. A container asks `/live` and `/ready` at the
port of the metrics (`contracts.metrics.serving`).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

LOOP_TURN_S = 1.0  # seconds between two beats of an event loop


@dataclass
class _Beat:
    last: float
    within_s: float


class Heartbeats:
    """The beats of one process. Safe in any thread.

    Args:
        clock: seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._beats: dict[str, _Beat] = {}
        self._awaited: set[str] = set()

    def beat(self, name: str, *, within_s: float) -> None:
        """Note a turn of the work.

        Args:
            name: of the loop or thread.
            within_s: seconds until its next turn at the latest; later, the process counts as stuck.
        """
        with self._lock:
            self._beats[name] = _Beat(self._clock(), within_s)

    def end(self, name: str) -> None:
        """Forget work that ends as intended."""
        with self._lock:
            self._beats.pop(name, None)

    def await_ready(self, name: str) -> None:
        """Count the process as not ready until `ready` is called with the same name."""
        with self._lock:
            self._awaited.add(name)

    def ready(self, name: str) -> None:
        """Note that a condition of readiness holds."""
        with self._lock:
            self._awaited.discard(name)

    def late(self) -> dict[str, float]:
        """Return the seconds since the last turn of all work that is late, by name."""
        now = self._clock()
        with self._lock:
            return {
                name: now - beat.last for name, beat in self._beats.items() if now - beat.last > beat.within_s
            }

    def missing(self) -> list[str]:
        """Return the conditions of readiness that do not hold yet."""
        with self._lock:
            return sorted(self._awaited)


HEARTBEATS = Heartbeats()
"""Those of this process."""


async def beat_event_loop(name: str, *, within_s: float) -> None:
    """Beat once a second as long as the event loop turns; cancel the task to end it."""
    try:
        while True:
            HEARTBEATS.beat(name, within_s=within_s)
            await asyncio.sleep(LOOP_TURN_S)
    finally:
        HEARTBEATS.end(name)
