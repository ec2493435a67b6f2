"""Evidence keeps its bound on exchangeable traffic of any distribution, and grows where traffic changes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, kstest

from meta.intervals import wilson
from monitoring.exchangeability import (
    Jumpers,
    bet_on_hour,
    conformal_p,
    evidence_needed,
    sample_bins,
)

RUNS, HOURS, PER_HOUR, WEEKS = 2_000, 6, 8, 8


def highest(seed: int, shares: np.ndarray, *, changed: np.ndarray | None = None) -> np.ndarray:
    """Play `WEEKS` weeks of six hours for `RUNS` traffics at once; return the highest evidence of each."""
    rng = np.random.default_rng(seed)
    jumpers, bins = Jumpers.new(RUNS, 1), shares.shape[-1]
    seen = np.zeros((HOURS, RUNS, 1, bins))
    most = np.zeros(RUNS)
    for week in range(WEEKS):
        jumpers.begin_day()
        for hour in range(HOURS):
            law = changed if changed is not None and week >= WEEKS // 2 else shares[hour]
            drawn = rng.choice(bins, size=(PER_HOUR, RUNS, 1), p=law)
            for one in drawn:
                bet_on_hour(jumpers, one[None], seen[hour], rng)
                most = np.maximum(most, jumpers.evidence.mean(axis=-1))
    return most


def laws(seed: int) -> np.ndarray:
    """Return another distribution over ten bins for each hour: exchangeable within an hour only."""
    return np.random.default_rng(seed).dirichlet(np.full(10, 0.3), HOURS)


@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.01])
@pytest.mark.parametrize("seed", [1, 2])
def test_under_exchangeability_evidence_exceeds_its_limit_in_at_most_alpha_of_all_runs(
    seed: int, alpha: float
) -> None:
    """The limit of alarms is the 1 in 100,000 quantile of a run whose share is exactly alpha."""
    exceeded = int(np.sum(highest(seed, laws(seed)) >= 1.0 / alpha))
    assert exceeded <= binom.ppf(1 - 1e-5, RUNS, alpha)


def test_a_change_is_noticed_in_nearly_every_run() -> None:
    even = np.full((HOURS, 10), 0.1)
    moved = np.array([0.0, 0.0, 0.0, 0.0, 0.1, 0.1, 0.2, 0.2, 0.2, 0.2])
    noticed = np.sum(highest(3, even, changed=moved) >= evidence_needed(0.01, 1))
    assert wilson(float(noticed), RUNS)[0] > 0.9


def test_p_values_of_exchangeable_values_are_uniform_with_ties_too() -> None:
    rng = np.random.default_rng(5)
    seen, found = np.zeros((4_000, 3)), []
    for _ in range(6):
        values = rng.choice(3, size=4_000, p=[0.7, 0.2, 0.1])
        found.append(conformal_p(values, seen, rng.random(4_000)))
        np.put_along_axis(seen, values[:, None], np.take_along_axis(seen, values[:, None], 1) + 1, 1)
    assert kstest(np.concatenate(found), "uniform").pvalue > 1e-4


def test_capital_is_never_made_from_nothing() -> None:
    """The mean over p of each bet is 1, and all days together put in no more than the reserve gives."""
    p = (np.arange(1_000) + 0.5) / 1_000
    jumpers = Jumpers.new(1_000, 1)
    for _ in range(5):
        jumpers.begin_day()
    before = jumpers.evidence.mean()
    jumpers.bet(p[:, None])
    assert jumpers.evidence.mean() == pytest.approx(before)
    assert before == pytest.approx(1.0)


def test_capital_stays_finite_however_strange_the_traffic_is() -> None:
    jumpers = Jumpers.new(1)
    for _ in range(5_000):
        jumpers.begin_day()
        jumpers.bet(np.zeros(1))
    assert np.isfinite(jumpers.evidence).all()


def test_all_starts_together_stay_within_the_bound() -> None:
    assert sum(1 / evidence_needed(0.01, start) for start in range(1, 100_000)) <= 0.01


def test_a_sample_of_an_hour_is_drawn_without_putting_values_back() -> None:
    shares = np.array([[0.25, 0.5, 0.25], [0.0, 0.0, 1.0]])
    drawn = sample_bins(shares, 8, 100, np.random.default_rng(0))
    assert [np.bincount(drawn[:, j], minlength=3).tolist() for j in range(2)] == [[2, 4, 2], [0, 0, 8]]
    assert sample_bins(shares, 8, 3, np.random.default_rng(0)).shape == (3, 2)
    assert sample_bins(shares, 0, 3, np.random.default_rng(0)).shape == (0, 2)
