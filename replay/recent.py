"""A sample of the last days of traffic, which a live desk calibrates on."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from meta.arrays import Doubles
from replay.survey import DAY_S
from replay.traffic import TrafficRows, joined

MOST = 50_000  # rows: as many as live
DAYS = 7  # a week, so that no day of the week is missing


@dataclass(frozen=True)
class _Part:
    """Sampled rows of one shift, the draw of each in [0, 1), and the number of rows that the shift had."""

    rows: TrafficRows
    draw: Doubles
    shift_rows: int


class Recent:
    """A sample of the last days; every row is as likely to be in it as any other.

    Args:
        seed: Equal seeds draw equal samples.
        most: Rows of the sample at most.
        days: Days of event time that are kept.
    """

    def __init__(self, seed: int, *, most: int = MOST, days: float = DAYS) -> None:
        self._rng = np.random.default_rng(seed)
        self._most, self._days = most, days
        self._parts: deque[_Part] = deque()
        self._drawn: TrafficRows | None = None

    def __len__(self) -> int:
        return sum(len(part.rows) for part in self._parts)

    @property
    def per_day(self) -> float | None:
        """Transactions a day by event time; None before a day of them has come."""
        if not self._parts:
            return None
        days = float(self._parts[-1].rows.seconds[-1] - self._parts[0].rows.seconds[0]) / DAY_S
        return sum(part.shift_rows for part in self._parts) / days if days >= 1.0 else None

    def add(self, shift: TrafficRows) -> None:
        """Take in a shift with at least one row; older shifts than the days that are kept are dropped."""
        rows, draw = shift, self._rng.random(len(shift))
        if len(shift) > self._most:
            kept = draw <= np.partition(draw, self._most - 1)[self._most - 1]
            rows, draw = shift.where(kept), draw[kept]
        self._parts.append(_Part(rows, draw, len(shift)))
        oldest = rows.seconds[-1] - self._days * DAY_S
        while self._parts[0].rows.seconds[-1] < oldest:
            self._parts.popleft()
        self._drawn = None

    def rows(self) -> TrafficRows:
        """Return the sample in order of time; at least one shift must have been added."""
        if self._drawn is None:
            whole = joined([part.rows for part in self._parts])
            draw = np.concatenate([part.draw for part in self._parts])
            limit = np.partition(draw, self._most - 1)[self._most - 1] if len(draw) > self._most else np.inf
            self._drawn = whole.where(draw <= limit)
        return self._drawn
