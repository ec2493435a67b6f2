"""A replay of nine days in which a written rule goes live that costs 40% of the budget, or 140%."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from meta.steering_inputs import RecentScores
from replay.steering import ReplaySteering

BUDGET, A_DAY, DAYS, DAY_S, HOUR_S = 0.01, 8_000, 9, 86_400.0, 3_600.0
LIVE = 3
"""Day on which the rule goes live."""


class Simulated:
    """Genuine traffic, and the alerts of each day by what raised them."""

    def __init__(self, part: float, *, hours: float = 6.0, seed: int = 5, least: float = 0.1) -> None:
        rng, n = np.random.default_rng(seed), A_DAY * DAYS
        seconds = 1_000 * DAY_S + np.arange(n) * DAY_S / A_DAY
        surprise = -np.log10(rng.random(n))
        rule = (rng.random(n) < part * BUDGET) & (seconds >= (1_000 + LIVE) * DAY_S)
        steering = ReplaySteering(BUDGET, 2.0, least=least)
        threshold, row = np.zeros(n), np.arange(n, dtype=np.int64)
        edges = np.flatnonzero(np.diff((seconds // HOUR_S).astype(np.int64), prepend=-1))
        for first, end in pairwise([*edges.tolist(), n]):
            hour = slice(first, end)
            past = slice(max(0, first - 7 * A_DAY), first)
            steering.look_at(RecentScores(surprise[past], seconds[past], 1.0))
            threshold[hour] = steering.thresholds(
                seconds[hour], surprise[hour], row[hour], row[hour].astype(np.uint64),
                rule[hour].astype(np.int64),
            )  # fmt: skip
            known = np.flatnonzero(seconds < seconds[first] - hours * HOUR_S)
            steering.judge(known, np.zeros(len(known), np.bool_))
        self.day = (seconds // DAY_S).astype(np.int64) - 1_000
        self.by_rule = self._counts(rule)
        self.by_models = self._counts((surprise > threshold) & ~rule)

    def _counts(self, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(self.day[rows], minlength=DAYS)


@pytest.mark.parametrize(("hours", "seed"), [(3.0, 5), (6.0, 6), (6.0, 7)])
def test_the_sum_stays_on_the_budget_when_a_rule_that_costs_two_fifths_goes_live(
    hours: float, seed: int
) -> None:
    """Each alert is judged genuine after some hours."""
    found, allowed = Simulated(0.4, hours=hours, seed=seed), BUDGET * A_DAY
    with_rule = (found.by_rule + found.by_models)[LIVE:]
    assert found.by_rule[LIVE:].mean() > 0.3 * allowed
    assert with_rule.max() < 1.2 * allowed, with_rule
    assert with_rule.mean() == pytest.approx(allowed, rel=0.1)
    assert found.by_models[LIVE:].mean() < 0.8 * allowed


def test_a_rule_that_costs_more_than_the_budget_leaves_the_models_their_floor() -> None:
    found, allowed = Simulated(1.4, least=0.2), BUDGET * A_DAY
    models = found.by_models[LIVE + 1 :]
    assert models.min() > 0
    assert models.mean() == pytest.approx(0.2 * allowed, rel=0.5)
