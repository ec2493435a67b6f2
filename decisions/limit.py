"""How many transactions may wait for a score, adapted to what the scorer answers in time.

By Little's law a queue of n at a rate of r waits n / r seconds. The rate is not known and changes, so the
limit follows the measured waits: it falls by a third when the median wait is too long, and grows by a
twentieth while it is used. A wait is too long if it exceeds the target and twice the best median of a second
in the last minute. So a scorer that answers slowly without a queue is not taken for an overloaded one.
Sources: Chiu, Jain 1989, "Analysis of the increase and decrease algorithms for congestion avoidance",
Computer Networks 17; Brakmo, Peterson 1995, "TCP Vegas", for the comparison with the best.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from statistics import median

WINDOW_S = 0.1
LEAST = 16
FALL, RISE = 2 / 3, 1.05
USED = 0.75
"""Share of the limit that must have been in use for it to grow."""
BEST_OF_S = 60.0
"""Seconds over which the best wait is looked for."""
SECOND_S, FEWEST = 1.0, 20
"""A median for the best wait covers a second at least, and this many answers: a few may be quick by luck."""
TOLERANCE = 2.0
"""The median may be this many times the best."""


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
        self._second: list[float] = []
        self._second_began = self._window_began
        self._best: deque[tuple[float, float]] = deque()

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
        self._second.append(waited_s)
        if self._clock() - self._window_began >= WINDOW_S:
            self._look_for_the_best()
            self._adapt()

    def _adapt(self) -> None:
        best = min((waited for _, waited in self._best), default=0.0)
        if median(self._waits) > max(self._target_s, TOLERANCE * best):
            self.limit = max(float(LEAST), min(self.limit, self._highest) * FALL)
        elif self._highest >= USED * self.limit:
            self.limit = min(float(self._most), self.limit * RISE + 1)
        self._window_began = self._clock()
        self._waits.clear()
        self._highest = self.under_way

    def _look_for_the_best(self) -> None:
        """Keep the median wait of each second of the last minute."""
        now = self._clock()
        if now - self._second_began < SECOND_S or len(self._second) < FEWEST:
            return
        self._best.append((now, median(self._second)))
        self._second_began = now
        self._second.clear()
        while self._best[0][0] < now - BEST_OF_S:
            self._best.popleft()
