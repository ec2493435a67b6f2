"""Keep a rate."""

import asyncio
import time
from collections.abc import Callable

_SLICE_S = 0.01  # how much is sent at once: 10 ms of the rate, so latency is not hidden in bursts


class Pace:
    """Tells how much may be sent, so that the rate holds over time.

    Args:
        rate: records a second; None for no limit.
    """

    def __init__(self, rate: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._started = clock()
        self._sent = 0

    async def allow(self, most: int) -> int:
        """Wait until at least one record is due; return how many, at most `most`."""
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
