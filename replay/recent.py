"""Recent traffic that nobody has judged: what a live desk calibrates on."""

from __future__ import annotations

from collections import deque

import numpy as np

from replay.survey import DAY_S
from replay.traffic import TrafficRows, joined

MOST = 50_000  # rows: as many as live
DAYS = 7  # a week, so that no day of the week is missing


class Recent:
    """A sample of the last days, every row as likely as the next."""

    def __init__(self, seed: int, *, most: int = MOST, days: float = DAYS) -> None:
        self._rng = np.random.default_rng(seed)
        self._most, self._days = most, days
        self._parts: deque[tuple[TrafficRows, np.ndarray[tuple[int], np.dtype[np.float64]]]] = deque()
        self._drawn: TrafficRows | None = None

    def __len__(self) -> int:
        return sum(len(part) for part, _ in self._parts)

    def add(self, shift: TrafficRows) -> None:
        """Take in a shift; what is older than the days that are kept is forgotten."""
        draw = self._rng.random(len(shift))
        if len(shift) > self._most:
            kept = draw <= np.partition(draw, self._most - 1)[self._most - 1]
            shift, draw = shift.where(kept), draw[kept]
        self._parts.append((shift, draw))
        oldest = shift.seconds[-1] - self._days * DAY_S
        while self._parts[0][0].seconds[-1] < oldest:
            self._parts.popleft()
        self._drawn = None

    def rows(self) -> TrafficRows:
        """At most as many rows as are wanted, in order of time. At least one shift must have come."""
        if self._drawn is None:
            whole = joined([part for part, _ in self._parts])
            draw = np.concatenate([draw for _, draw in self._parts])
            limit = np.partition(draw, self._most - 1)[self._most - 1] if len(draw) > self._most else np.inf
            self._drawn = whole.where(draw <= limit)
        return self._drawn
