"""The alerts of a backtest: rows above a threshold that is steered as live, or that stays."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles
from meta.steering_inputs import RecentScores
from replay.recent import MOST
from replay.steering import ReplaySteering
from replay.survey import DAY_S
from replay.traffic import TrafficRows
from replay.what_if import ScoringSetting

if TYPE_CHECKING:
    from replay.backtest import Question

HOUR_S = 3_600.0
"""Seconds of event time after which verdicts and the sample of recent traffic are read again."""
SAMPLED_DAYS = 14.0
REPORTED_DAYS = 7.0
"""Days until fraud without an alert is reported; before that it counts as genuine traffic, as live."""


class AlertedRows:
    """Finds the alerts among the last rows of a file.

    Args:
        before: An even sample of earlier rows without known fraud.
        last: The rows that are scored, in order of time.
        per_day: Transactions a day of the earlier rows; None where they span less than a day.
        question: Says whether thresholds are steered, and when verdicts come.
    """

    def __init__(
        self, before: TrafficRows, last: TrafficRows, per_day: float | None, question: Question
    ) -> None:
        self._before, self._last, self._question = before, last, question
        days = float(np.ptp(before.seconds)) / DAY_S
        self._scale = max((per_day or 0.0) * days / len(before), len(last) / MOST, 1.0)
        rng = np.random.default_rng(question.seed)
        self._sampled = rng.random(len(last)) < 1.0 / self._scale

    def under(self, setting: ScoringSetting, budget: float) -> NDArray[np.bool_]:
        """Return which of the last rows a setting alerts, bool (n,).

        Args:
            setting: Scores the rows; a steered replay begins with its threshold.
            budget: Share of genuine traffic that may be alerted, in (0, 1).
        """
        surprise = setting.stack.score(self._last.X)[0]
        if not self._question.steer or not len(surprise):
            return np.asarray(surprise > setting.threshold)
        earlier = setting.stack.score(self._before.X)[0]
        steering = ReplaySteering(budget, setting.threshold)
        alerted = np.zeros(len(surprise), np.bool_)
        seconds = self._last.seconds
        hour = (seconds // HOUR_S).astype(np.int64)
        edges = np.r_[0, np.flatnonzero(np.diff(hour)) + 1, len(hour)]
        for first, end in pairwise(edges.tolist()):
            part, now = slice(first, end), float(seconds[first])
            self._learn(steering, alerted, now)
            steering.look_at(self._recent(earlier, surprise, alerted, now, first))
            steps = steering.thresholds(
                seconds[part], surprise[part], self._last.row[part], self._last.card[part]
            )
            alerted[part] = surprise[part] > steps
        return alerted

    def _judged_by(self, now: float, alerted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which rows have a verdict or a report."""
        age = now - self._last.seconds
        delay = np.where(alerted, self._question.verdict_hours * HOUR_S, REPORTED_DAYS * DAY_S)
        return np.asarray(self._last.known & (age >= delay))

    def _learn(self, steering: ReplaySteering, alerted: NDArray[np.bool_], now: float) -> None:
        judged = np.flatnonzero(alerted & self._judged_by(now, alerted))
        steering.judge(self._last.row[judged], self._last.fraud[judged])

    def _recent(
        self, earlier: Doubles, surprise: Doubles, alerted: NDArray[np.bool_], now: float, end: int
    ) -> RecentScores:
        """Return the sample of the last two weeks, without the frauds that are known."""
        since = now - SAMPLED_DAYS * DAY_S
        old = self._before.seconds >= since
        fresh = self._sampled & (self._last.seconds >= since)
        fresh &= ~(self._last.fraud & self._judged_by(now, alerted))
        fresh[end:] = False
        return RecentScores(
            np.concatenate([earlier[old], surprise[fresh]]),
            np.concatenate([self._before.seconds[old], self._last.seconds[fresh]]),
            self._scale,
        )
