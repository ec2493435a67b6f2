"""How many transactions may wait for a score, adapted to what the scorer answers in time.

By Little's law a queue of n at a rate of r waits n / r seconds. The rate is not known and changes, so the
limit follows the measured waits: it falls by a third when too many answers are slow, and grows by a twentieth
while it is used and answers are fast. Source: Chiu, Jain 1989, "Analysis of the increase and decrease
algorithms for congestion avoidance", Computer Networks 17.
"""

from __future__ import annotations

from collections.abc import Callable

WINDOW_S = 0.1
LEAST = 16
SLOW_SHARE = 0.05
"""Share of slow answers in a window from which the limit falls."""
FALL, RISE = 2 / 3, 1.05
USED = 0.75
"""Share of the limit that must have been in use for it to grow."""


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
        self._highest = self._answers = self._slow = 0

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
        self._answers += 1
        self._slow += waited_s > self._target_s
        if self._clock() - self._window_began >= WINDOW_S:
            self._adapt()

    def _adapt(self) -> None:
        if self._slow > SLOW_SHARE * self._answers:
            self.limit = max(float(LEAST), min(self.limit, self._highest) * FALL)
        elif self._highest >= USED * self.limit:
            self.limit = min(float(self._most), self.limit * RISE + 1)
        self._window_began = self._clock()
        self._answers = self._slow = 0
        self._highest = self.under_way
