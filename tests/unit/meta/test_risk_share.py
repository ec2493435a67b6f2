"""The share of the budget that entity risk gets."""

import numpy as np
import pytest

from meta.arrays import Doubles
from meta.calibration import combine, with_risk
from meta.risk_share import MOST_RISE, choose_risk_share

BUDGET, ROWS = 0.01, 20_000
SHIFTS = np.zeros(1)


def surprises(seed: int = 0) -> Doubles:
    """Return surprises of genuine rows: a tenth has 1 or more, a hundredth 2 or more."""
    return -np.log10(np.random.default_rng(seed).uniform(size=(ROWS, 1)))


def boosts(share: float, boost: float) -> Doubles:
    return np.where(np.arange(ROWS) < share * ROWS, boost, 0.0)


def rate(share: float, threshold: float, risk: Doubles) -> float:
    return float(np.mean(combine(with_risk(surprises(), share * risk), SHIFTS) > threshold))


def test_without_risk_the_threshold_is_the_budgets() -> None:
    chosen = choose_risk_share(surprises(), SHIFTS, boosts(0.0, 2.0), BUDGET)
    assert chosen.share == 1.0
    assert chosen.threshold == pytest.approx(2.0, abs=0.05)


def test_a_few_watched_cards_are_raised_in_full() -> None:
    assert choose_risk_share(surprises(), SHIFTS, boosts(0.002, 2.0), BUDGET).share == 1.0


@pytest.mark.parametrize("watched", [0.02, 0.1, 0.5, 1.0])
def test_many_watched_cards_take_half_of_the_budget_at_most_and_the_whole_is_held(watched: float) -> None:
    risk = boosts(watched, 4.0)
    chosen = choose_risk_share(surprises(), SHIFTS, risk, BUDGET)
    assert 0.0 <= chosen.share < 1.0
    assert chosen.threshold <= 2.05 + MOST_RISE
    assert rate(chosen.share, chosen.threshold, risk) == pytest.approx(BUDGET, rel=0.02)


def test_more_watched_cards_never_get_a_larger_share() -> None:
    shares = [
        choose_risk_share(surprises(), SHIFTS, boosts(w, 3.0), BUDGET).share for w in (0.01, 0.05, 0.2, 0.8)
    ]
    assert shares == sorted(shares, reverse=True)
