"""The bound holds for all subjects together, however they depend on each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from monitoring.exchangeability import Jumpers, bet_on_hour

RUNS, SUBJECTS, BINS, HOURS, PER_HOUR = 1_000, 4, 10, 60, 8


def raised(values: np.ndarray, alpha: float) -> int:
    """Bet on values (hours, per hour, runs, subjects); count runs in which the highest evidence is enough."""
    rng, jumpers = np.random.default_rng(1), Jumpers.new(RUNS, SUBJECTS)
    seen, most = np.zeros((RUNS, SUBJECTS, BINS)), np.zeros(RUNS)
    for hour, drawn in enumerate(values):
        if hour % 10 == 0:
            jumpers.begin_day()
        bet_on_hour(jumpers, drawn, seen, rng)
        most = np.maximum(most, jumpers.evidence.max(axis=-1) / SUBJECTS)
    return int(np.sum(most >= 1.0 / alpha))


def drawn(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, BINS, (HOURS, PER_HOUR, RUNS, 1))


@pytest.mark.parametrize("alpha", [0.2, 0.05])
def test_equal_opposite_and_folded_subjects_keep_the_bound(alpha: float) -> None:
    """One in 100,000 runs of a share of exactly alpha would exceed the limit here."""
    one = drawn(2)
    depending = np.concatenate([one, one, BINS - 1 - one, np.abs(2 * one - (BINS - 1))], axis=-1)
    assert raised(depending, alpha) <= binom.ppf(1 - 1e-5, RUNS, alpha)


def test_one_shifted_subject_among_ordinary_ones_is_enough() -> None:
    values = np.concatenate([drawn(seed) for seed in (3, 4, 5, 6)], axis=-1)
    values[HOURS // 2 :, ..., 0] = np.maximum(values[HOURS // 2 :, ..., 0], 5)
    assert raised(values, 0.01) > 0.95 * RUNS
