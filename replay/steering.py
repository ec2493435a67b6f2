"""Steers the threshold of a replay as live: by `meta.steering`, from what is known at each moment.

The same rows, verdicts and budget give the same thresholds, so a backtest shows the alert rate that the live
system would have had.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles
from meta.pacing import LEAST
from meta.steering import MOVES, steer
from meta.steering_inputs import RecentAlerts, RecentScores, Traffic, period_start
from replay.survey import DAY_S

STEP_S = 600.0
"""Seconds of event time between decisions. Live decides every ten; a step has less than one alert of a
hundred a day."""
ALERTS_DAYS = 14.0
_REACTION = 3.0


class ReplaySteering:
    """Sets the threshold of each row, in order of time.

    Args:
        budget: Share of genuine traffic that may be alerted, in (0, 1).
        threshold: The threshold that the replay begins with, as surprise.
        least: Part of the budget that the threshold may spend in any case, as `steer` has it.
    """

    def __init__(self, budget: float, threshold: float, *, least: float = LEAST) -> None:
        self._budget, self.threshold, self._least = budget, threshold, least
        self._scores: RecentScores | None = None
        self._time, self._surprise = np.empty(0), np.empty(0)
        self._row, self._card = np.empty(0, np.int64), np.empty(0, np.int64)
        self._judged, self._fraud, self._comparable = (np.empty(0, np.bool_) for _ in range(3))
        self._cause = np.empty(0, np.int64)
        self._start, self._rows = float("nan"), 0

    def look_at(self, scores: RecentScores, *, refitted: bool = False) -> None:
        """Take a newer sample of recent traffic.

        Args:
            scores: An even sample of recent rows that are not known as fraud, scored under what is in force.
            refitted: Whether tails or detectors have changed, so that surprises of earlier alerts mean
                something else.
        """
        self._scores = scores
        if refitted:
            self._comparable = np.zeros_like(self._comparable)

    def judge(self, row: NDArray[np.int64], fraud: NDArray[np.bool_]) -> None:
        """Take verdicts on rows; those that are no alert are ignored."""
        at = np.isin(self._row, row)
        self._judged = self._judged | at
        self._fraud = self._fraud | np.isin(self._row, row[fraud])

    def thresholds(
        self,
        seconds: Doubles,
        surprise: Doubles,
        row: NDArray[np.int64],
        card: NDArray[np.uint64],
        cause: NDArray[np.int64] | None = None,
    ) -> Doubles:
        """Return the threshold in force at each row, float64 (n,).

        Args:
            seconds: Event times in order, float64 (n,), seconds since 1970.
            surprise: Surprise under everything in force, float64 (n,).
            row: Numbers of the rows, int64 (n,); verdicts name them.
            card: Hashes of the primary entities, uint64 (n,).
            cause: Number of the rule or segment that alerts a row in any case; 0 where the threshold decides,
                int64 (n,). None where it decides all.
        """
        causes = np.zeros(len(seconds), np.int64) if cause is None else cause
        step = (seconds // STEP_S).astype(np.int64)
        edges = np.r_[0, np.flatnonzero(np.diff(step)) + 1, len(step)]
        found = np.empty(len(seconds))
        for first, end in pairwise(edges.tolist()):
            part = slice(first, end)
            self._decide(float(seconds[first]), end - first)
            found[part] = self.threshold
            self._take(seconds[part], surprise[part], row[part], card[part].view(np.int64), causes[part])
        return found

    def _decide(self, now: float, expected: int) -> None:
        start = period_start(now, learning=False)
        if start != self._start:
            self._start, self._rows = start, 0
        if self._scores is None:
            return
        alerts = RecentAlerts(
            self._time, self._surprise, self._judged, self._fraud, self._comparable, self._card,
            self._cause,
        )  # fmt: skip
        traffic = Traffic(self._scores, alerts, now, self._rows, _REACTION * expected)
        wanted = steer(traffic, threshold=self.threshold, budget=self._budget, least=self._least)
        if wanted is not None and abs(wanted.threshold - self.threshold) > MOVES:
            self.threshold = wanted.threshold

    def _take(
        self,
        seconds: Doubles,
        surprise: Doubles,
        row: NDArray[np.int64],
        card: NDArray[np.int64],
        cause: NDArray[np.int64],
    ) -> None:
        """Count the rows of a step, and keep its alerts for two weeks."""
        self._rows += len(seconds)
        alerted = (surprise > self.threshold) | (cause != 0)
        if not alerted.any():
            return
        kept = self._time > seconds[-1] - ALERTS_DAYS * DAY_S
        none = np.zeros(int(alerted.sum()), np.bool_)
        self._time = np.r_[self._time[kept], seconds[alerted]]
        self._surprise = np.r_[self._surprise[kept], surprise[alerted]]
        self._card = np.r_[self._card[kept], card[alerted]]
        self._row = np.r_[self._row[kept], row[alerted]]
        self._cause = np.r_[self._cause[kept], cause[alerted]]
        self._judged = np.r_[self._judged[kept], none]
        self._fraud = np.r_[self._fraud[kept], none]
        self._comparable = np.r_[self._comparable[kept], ~none]
