"""Tails map scores to one scale, and one threshold on this scale keeps the total budget."""

from __future__ import annotations

import numpy as np
import pytest

from meta.calibration import CEILING, Tails, TooFewScores, combine, joint_threshold, token_of, with_risk
from meta.kernels import LIMIT
from meta.tensors import BrokenArtifact


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


def test_the_body_is_kept_as_512_quantiles_from_the_lowest_on_and_the_highest_hundredth_whole() -> None:
    tails = Tails.fit(np.arange(3_000.0))
    assert len(tails.knots) == 512 + 30
    assert tails.knots[0] == 0.0
    assert tails.knots[-30:].tolist() == list(range(2_970, 3_000))
    assert len(Tails.fit(np.arange(300.0)).knots) == 300  # with few scores all are kept


def test_beyond_the_last_knot_surprise_grows_by_the_mean_excess_of_the_tail() -> None:
    """At least twenty scores are the tail; here their mean excess over the lowest of them is 0.095."""
    tails = Tails.fit(np.arange(1_000.0) / 100)
    assert tails.rate == pytest.approx(1.0 / (0.095 * np.log(10)))
    beyond = tails.surprise(np.array([9.99, 9.99 + 0.095 * np.log(10)]))
    assert np.diff(beyond)[0] == pytest.approx(1.0)


def test_a_knot_surprises_by_its_level() -> None:
    tails = Tails.fit(logistic_scores(1_000))
    assert tails.surprise(tails.knots).tolist() == pytest.approx(tails.levels.tolist(), abs=1e-12)
    assert tails.surprise(tails.knots[:1] - 1.0)[0] == tails.levels[0]


def test_a_hundred_scores_are_enough() -> None:
    assert Tails.fit(np.arange(100.0)).surprise(np.array([49.5]))[0] == pytest.approx(0.3, abs=0.01)


KNOTS = np.array([0.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tails.knots": np.zeros((2, 2)), "tails.levels": np.zeros((2, 2))}, r"shapes \(2, 2\)"),
        ({"tails.knots": KNOTS[:0], "tails.levels": KNOTS[:0]}, r"shapes \(0,\)"),
        ({"tails.levels": KNOTS[:2]}, r"shapes \(3,\) and \(2,\)"),
        ({"tails.knots": KNOTS[::-1].copy()}, "knots of tails"),
        ({"tails.levels": np.array([0.0, 1.0, np.inf])}, "levels of tails"),
        ({"tails.levels": KNOTS.astype(np.float32)}, "levels of tails"),
        ({"tails.rate": np.array([np.inf])}, "rate of tails inf"),
        ({"tails.rate": np.array([np.nan])}, "rate of tails nan"),
        ({"tails.rate": np.array([-0.1])}, "rate of tails -0.1"),
    ],
)
def test_tensors_that_are_no_tails_are_refused(changes: dict[str, np.ndarray], words: str) -> None:
    sound = {"tails.knots": KNOTS, "tails.levels": KNOTS, "tails.rate": np.array([0.0])}
    assert Tails.from_tensors(sound).rate == 0.0
    with pytest.raises(BrokenArtifact, match=words):
        Tails.from_tensors({**sound, **changes})


def test_the_highest_shifted_surprise_decides() -> None:
    surprises = np.array([[1.0, 2.0, 0.0], [3.0, 2.9, 0.0], [0.5, 0.1, 4.0]])
    shifts = np.array([0.5, -0.2, -1.0])
    assert combine(surprises, shifts).tolist() == [1.8, 3.5, 3.0]
    assert combine(surprises[:, :1], shifts[:1]).tolist() == [1.5, 3.5, 1.0]
    assert surprises[0].tolist() == [1.0, 2.0, 0.0]


def test_risk_raises_every_column_of_its_row_up_to_the_ceiling() -> None:
    surprises = np.array([[1.0, 2.0], [3.0, 11.5], [0.0, 0.0]])
    raised = with_risk(surprises, np.array([0.5, 1.0, 0.0]))
    assert raised.tolist() == [[1.5, 2.5], [4.0, CEILING], [0.0, 0.0]]
    assert with_risk(surprises, np.zeros(3)) is surprises  # nothing is copied on quiet days


def test_a_token_is_about_normal_and_bounded() -> None:
    tokens = token_of(np.array([0.0, 3.0, CEILING, -9.0]))
    assert tokens.dtype == np.float32
    assert tokens.tolist() == pytest.approx([-2.5, 1.7, LIMIT, -LIMIT])


def test_tails_survive_their_own_tensors() -> None:
    tails = Tails.fit(logistic_scores(1000))
    again = Tails.from_tensors(tails.tensors())
    at = np.linspace(-5, 20, 50)
    np.testing.assert_array_equal(again.surprise(at), tails.surprise(at))


def test_too_few_scores_and_impossible_budgets_are_refused() -> None:
    with pytest.raises(TooFewScores, match="99 genuine scores, allowed 100 or more"):
        Tails.fit(np.zeros(99))
    for budget in (-0.1, 0.0, 1.0, 1.5):
        with pytest.raises(ValueError, match=rf"budget {budget}, allowed above 0 and below 1"):
            joint_threshold(np.zeros((5, 1)), np.zeros(1), budget)
