"""What is compared: a fixed threshold, recalibration, a crude integrator, and the live loop."""

from __future__ import annotations

import numpy as np

from benchmarks.budget.walk import Desk
from benchmarks.fewshot.datasets import DAY
from control.learning import has_learnt
from meta.arrays import Doubles, Rows
from meta.recalibration import recalibrate
from meta.reservoir import FEWEST_ROWS, Reservoir
from meta.scored_traffic import ScoredTraffic
from meta.stack import ScoringStack
from meta.steering import MOVES, steer
from meta.steering_inputs import RecentAlerts, RecentScores, Traffic, period_start
from storage.traffic_sample import SIZE

GROWTH = 1.25
SAMPLED_S = 600.0
JUDGED_DAYS = 14.0


class Fixed:
    """The threshold never changes."""

    def decide(self, desk: Desk) -> None:
        """Do nothing."""


class Nightly:
    """Tails and threshold are fitted to recent traffic every 24 hours, and at first whenever it has doubled.

    Args:
        budget: Share of genuine traffic that may be alerted.
        fitted: Rows that the tails were fitted to before; 0 for tails of the training history.
    """

    def __init__(self, budget: float, fitted: int) -> None:
        self.budget, self.fitted, self._next = budget, fitted, 0.0
        self.days, self.row = (0.0, 0) if fitted == 0 else (JUDGED_DAYS, 0)

    def decide(self, desk: Desk) -> None:
        """Recalibrate if it is due."""
        outgrown = min(desk.fed, SIZE) >= max(2 * self.fitted, FEWEST_ROWS)
        if desk.now < self._next and not outgrown:
            return
        rows = desk.sample()
        self._next = desk.now + DAY
        if len(rows) < FEWEST_ROWS:
            return
        stack = ScoringStack(desk.stream.base, desk.tails)
        reservoir = Reservoir(desk.stream.X[rows], stack.base, stack.base_tails)
        found = recalibrate(ScoredTraffic.of(reservoir, stack), threshold=desk.threshold, budget=self.budget)
        desk.tails, desk.threshold, self.fitted = found.base_tails, found.threshold, found.rows
        self.days, self.row = (desk.now - desk.stream.seconds[rows[0]]) / DAY, desk.fed


class Integrator:
    """Moves the threshold by the error of each block of 250 payments, whose verdicts come two blocks late."""

    _BLOCK, _GAIN = 250, 0.05

    def __init__(self, budget: float) -> None:
        self.budget, self._seen = budget, -1

    def decide(self, desk: Desk) -> None:
        """Take the blocks that have verdicts by now."""
        if self._seen < 0:
            self._seen = desk.fed
        while desk.fed - self._seen >= 3 * self._BLOCK:
            block = slice(self._seen, self._seen + self._BLOCK)
            genuine = ~desk.stream.fraud[block]
            rate = float(np.mean(desk.alerted[block][genuine])) if genuine.any() else 0.0
            desk.threshold += self._GAIN * float(np.clip(rate / self.budget - 1.0, -1.0, 3.0))
            self._seen += self._BLOCK


class Steered:
    """The live loop: recalibration every 24 hours, and `meta.steering` at every step.

    Args:
        budget: Share of genuine traffic that may be alerted.
        fitted: Rows that the tails were fitted to before; 0 for a base that was just promoted.
        step_s: Seconds between two decisions.
    """

    def __init__(self, budget: float, fitted: int, step_s: float) -> None:
        self.budget, self.recalibration, self.step_s = budget, Nightly(budget, fitted), step_s
        self.moves = 0
        self._drawn: tuple[Rows, float, int] = (np.empty(0, np.intp), -np.inf, 0)
        self._scores: RecentScores | None = None
        self._fed = 0

    def decide(self, desk: Desk) -> None:
        """Recalibrate if it is due, then steer."""
        tails = desk.tails
        self.recalibration.decide(desk)
        self._sample(desk, again=desk.tails is not tails)
        if self._scores is None:
            return
        learning = not has_learnt(self.recalibration.fitted, self.recalibration.days)
        start = period_start(desk.now, learning=learning)
        traffic = Traffic(
            self._scores, self._alerts(desk), desk.now, len(desk.since(start)), 3.0 * (desk.fed - self._fed)
        )
        self._fed = desk.fed
        found = steer(traffic, threshold=desk.threshold, budget=self.budget, learning=learning)
        if found is not None and abs(found.threshold - desk.threshold) > MOVES:
            desk.threshold = found.threshold
            self.moves += 1

    def _sample(self, desk: Desk, *, again: bool) -> None:
        rows, at, fed = self._drawn
        small = len(rows) < SIZE and desk.fed >= GROWTH * fed
        if small or desk.now - at >= SAMPLED_S:
            rows = desk.sample()
            self._drawn, again = (rows, desk.now, desk.fed), True
        if again and len(rows):
            stream = desk.stream
            known = len(desk.since(float(stream.seconds[rows[0]])))
            surprise: Doubles = desk.tails.surprise(stream.score[rows])
            self._scores = RecentScores(surprise, stream.seconds[rows], known / len(rows))

    def _alerts(self, desk: Desk) -> RecentAlerts:
        recent = desk.since(desk.now - JUDGED_DAYS * DAY)
        rows = recent[desk.alerted[recent]]
        judged = desk.judged(rows)
        stream = desk.stream
        return RecentAlerts(
            stream.seconds[rows],
            desk.stored[rows],
            judged,
            judged & stream.fraud[rows],
            rows >= self.recalibration.row,
            stream.card[rows],
        )
