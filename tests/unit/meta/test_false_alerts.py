"""Alerts without a verdict are split into false alerts and suspects."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meta.calibration import joint_threshold
from meta.false_alerts import sort_alerts

BUDGET, THRESHOLD = 0.001, 3.0


def exponential(count: int, seed: int = 0) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the surprise of calibrated genuine traffic: ten times rarer with every unit."""
    return -np.log10(np.random.default_rng(seed).random(count))


def test_without_fraud_the_threshold_in_force_is_found_again() -> None:
    surprise = exponential(50_000)
    kept = sort_alerts(np.arange(50_000), surprise, THRESHOLD, BUDGET).genuine
    assert joint_threshold(surprise[kept, None], np.zeros(1), BUDGET) == pytest.approx(THRESHOLD, abs=0.15)


def test_frauds_among_the_alerts_do_not_move_the_threshold() -> None:
    surprise = np.concatenate([exponential(50_000), np.random.default_rng(1).uniform(3.5, 9.0, 400)])
    sorted_ = sort_alerts(np.arange(len(surprise)), surprise, THRESHOLD, BUDGET)
    threshold = joint_threshold(surprise[sorted_.genuine, None], np.zeros(1), BUDGET)
    assert threshold == pytest.approx(THRESHOLD, abs=0.15)
    assert np.mean(sorted_.suspect >= 50_000) > 0.9


def test_leaving_all_alerts_out_would_spend_the_budget_anew() -> None:
    surprise = exponential(50_000)
    unalerted = surprise[surprise <= THRESHOLD]
    assert joint_threshold(unalerted[:, None], np.zeros(1), BUDGET) < THRESHOLD - 0.25


@given(
    st.lists(st.floats(0, 12), min_size=1, max_size=400),
    st.floats(0.5, 6),
    st.floats(0.001, 0.3),
)
def test_every_row_is_genuine_or_suspect_and_only_alerts_are_suspect(
    values: list[float], threshold: float, budget: float
) -> None:
    surprise = np.array(values)
    rows = np.random.default_rng(0).permutation(len(values))[: len(values) // 2 + 1]
    sorted_ = sort_alerts(rows, surprise, threshold, budget)
    assert sorted([*sorted_.genuine, *sorted_.suspect]) == sorted(rows)
    assert np.all(surprise[sorted_.suspect] > threshold)
    expected = round(np.sum(surprise[rows] <= threshold) * budget / (1 - budget))
    assert np.sum(surprise[sorted_.genuine] > threshold) <= expected
