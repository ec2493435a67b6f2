"""Tails map scores to one scale, and one threshold on this scale keeps the total budget."""

from __future__ import annotations

import numpy as np
import pytest

from meta.calibration import CEILING, Tails, TooFewScores, combine, joint_threshold


def logistic_scores(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).logistic(size=n)


def test_surprise_is_the_decimal_logarithm_of_the_share_above() -> None:
    scores = logistic_scores(50_000)
    tails = Tails.fit(scores)
    for share in (0.5, 0.1, 0.01, 0.001):
        surprise = tails.surprise(np.quantile(scores, [1 - share]))
        assert surprise[0] == pytest.approx(-np.log10(share), abs=0.03)


def test_beyond_the_reservoir_the_tail_falls_exponentially() -> None:
    tails = Tails.fit(logistic_scores(50_000))
    # P(score > x) of a logistic variable is about exp(-x) far out
    assert tails.surprise(np.array([14.0]))[0] == pytest.approx(14 / np.log(10), rel=0.15)
    assert tails.surprise(np.array([1e6]))[0] == CEILING


def test_higher_scores_never_surprise_less_and_ties_surprise_alike() -> None:
    rounded = np.round(logistic_scores(5000), 1)
    tails = Tails.fit(rounded)
    steps = np.diff(tails.surprise(np.linspace(-9, 20, 4000)))
    assert (steps >= 0).all()


def test_one_threshold_holds_the_budget_over_base_and_all_detectors() -> None:
    rng = np.random.default_rng(7)
    reservoir, fresh = rng.logistic(size=(200_000, 11)), rng.logistic(size=(200_000, 11))
    tails = [Tails.fit(reservoir[:, j]) for j in range(11)]

    def on_one_scale(scores: np.ndarray) -> np.ndarray:
        return np.stack([t.surprise(scores[:, j]) for j, t in enumerate(tails)], 1)

    shifts = np.linspace(-0.3, 0.2, 11)
    threshold = joint_threshold(on_one_scale(reservoir), shifts, 0.001)
    rate = np.mean(combine(on_one_scale(fresh), shifts) > threshold)
    assert 0.0008 < rate < 0.0012


def test_trimming_undoes_a_few_frauds_in_the_reservoir() -> None:
    clean = logistic_scores(50_000)
    dirty = np.r_[clean, np.full(60, 12.0)]
    at = np.array([10.0])
    assert Tails.fit(dirty).surprise(at)[0] < 3.1
    assert Tails.fit(dirty, trim=60 / len(dirty)).surprise(at)[0] > 3.8


def test_tails_survive_their_own_tensors() -> None:
    tails = Tails.fit(logistic_scores(1000))
    again = Tails.from_tensors(tails.tensors())
    at = np.linspace(-5, 20, 50)
    np.testing.assert_array_equal(again.surprise(at), tails.surprise(at))


def test_too_few_scores_and_impossible_budgets_are_refused() -> None:
    with pytest.raises(TooFewScores, match="99 genuine scores, allowed 100 or more"):
        Tails.fit(np.zeros(99))
    with pytest.raises(ValueError, match=r"budget 1\.5"):
        joint_threshold(np.zeros((5, 1)), np.zeros(1), 1.5)
