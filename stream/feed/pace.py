"""Send at a rate."""

import asyncio
import time
from collections.abc import Callable

_SLICE_S = 0.01  # of the rate is sent at once, so that bursts do not hide latency


class Pace:
    """Limits records to a rate over time.

    Args:
        rate: records a second; None for no limit.
    """

    def __init__(self, rate: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._started = clock()
        self._sent = 0

    async def allow(self, most: int) -> int:
        """Wait until at least one record is due; return the number that is due, at most `most`."""
        if self.rate is None:
            self._sent += most
            return most
        while (due := self._due()) < 1:
            await asyncio.sleep(_SLICE_S)
        allowed = min(most, due)
        self._sent += allowed
        return allowed

    def _due(self) -> int:
        return int((self._clock() - self._started) * (self.rate or 0.0)) - self._sent
