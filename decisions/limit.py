"""How many transactions may wait for a score, adapted to what the scorer answers in time.

By Little's law a queue of n at a rate of r waits n / r seconds. The rate is not known and changes, so the
limit follows the measured waits: it falls by a third when too many answers are slow, and grows by a twentieth
while it is used and answers are fast. An answer is slow if it takes longer than the target and than twice
what answers took at their best in the last minute, so a scorer that is slow without a queue is not punished.
Sources: Chiu, Jain 1989, "Analysis of the increase and decrease algorithms for congestion avoidance",
Computer Networks 17; Brakmo, Peterson 1995, "TCP Vegas", for the comparison with the best.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from statistics import median

WINDOW_S = 0.1
LEAST = 16
SLOW_SHARE = 0.05
"""Share of slow answers in a window from which the limit falls."""
FALL, RISE = 2 / 3, 1.05
USED = 0.75
"""Share of the limit that must have been in use for it to grow."""
BEST_OF_S = 60.0
"""Seconds over which the best wait is looked for."""
TOLERANCE = 2.0
"""An answer may take this many times the best wait."""


class Limit:
    """Counts the transactions under way.

    Args:
        most: highest limit.
        target_s: seconds within which a score shall come.
        clock: seconds that only go forward.
    """

    def __init__(self, most: int, target_s: float, clock: Callable[[], float]) -> None:
        self._most, self._target_s, self._clock = max(most, LEAST), target_s, clock
        self.limit = float(self._most)
        self.under_way = 0
        self._window_began = clock()
        self._highest = 0
        self._waits: list[float] = []
        self._medians: deque[tuple[float, float]] = deque()

    def admit(self, count: int) -> bool:
        """Take `count` transactions in, unless as many as allowed are under way already.

        A batch is admitted whole, so that it can be larger than the limit.
        """
        if self.under_way >= self.limit:
            return False
        self.under_way += count
        self._highest = max(self._highest, self.under_way)
        return True

    def release(self, count: int = 1) -> None:
        """Note that transactions are no longer under way."""
        self.under_way -= count

    def answered(self, waited_s: float) -> None:
        """Note that a score came after this many seconds, and adapt the limit once a window."""
        self._waits.append(waited_s)
        if self._clock() - self._window_began >= WINDOW_S:
            self._adapt()

    def _adapt(self) -> None:
        allowed = max(self._target_s, TOLERANCE * self._best())
        slow = sum(waited > allowed for waited in self._waits)
        if slow > SLOW_SHARE * len(self._waits):
            self.limit = max(float(LEAST), min(self.limit, self._highest) * FALL)
        elif self._highest >= USED * self.limit:
            self.limit = min(float(self._most), self.limit * RISE + 1)
        self._window_began = self._clock()
        self._waits.clear()
        self._highest = self.under_way

    def _best(self) -> float:
        """Return the lowest median wait of a window in the last minute, this window included."""
        now = self._clock()
        self._medians.append((now, median(self._waits)))
        while self._medians[0][0] < now - BEST_OF_S:
            self._medians.popleft()
        return min(waited for _, waited in self._medians)
