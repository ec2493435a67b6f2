"""Thins out log lines that a library repeats."""

import logging
import time
from collections.abc import Callable


class Thinned(logging.Filter):
    """Passes equal messages of a library once in a while, however often they come; put it on a handler.

    While a broker is away, aiokafka logs each failed attempt of each connection: a worker of 6 partitions
    wrote more than 1,000 lines a second. Messages are equal if their text is before values are put into it.

    Args:
        library: name of its logger; those below count too.
        every_s: seconds in which equal messages pass once.
        clock: seconds, never going back.
    """

    def __init__(self, library: str, every_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(library)
        self._every_s = every_s
        self._clock = clock
        self._last: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line passes."""
        if not super().filter(record):
            return True  # of another library
        now, kind = self._clock(), (record.name, str(record.msg))
        if now - self._last.get(kind, -self._every_s) < self._every_s:
            return False
        self._last[kind] = now
        return True
