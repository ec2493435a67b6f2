"""Nearness curves equal mean distances, weigh tokens by separation, and treat parts apart."""

from __future__ import annotations

import numpy as np
import pytest

from meta.arrays import Floats
from meta.portfolio.basis import KNOT_SCORES
from meta.portfolio.nearness import near_curves, usual_distance


@pytest.fixture
def genuine() -> Floats:
    return np.random.default_rng(3).standard_normal((500, 2)).astype(np.float32)


def test_a_curve_is_the_distance_to_genuine_rows_less_the_distance_to_the_flag(genuine: Floats) -> None:
    flag = np.array([[KNOT_SCORES[30], KNOT_SCORES[20]]], np.float32)
    curves = near_curves(flag, usual_distance(genuine), np.ones((1, 1), bool))
    at = KNOT_SCORES[33]
    plain = np.abs(at - genuine[:, 0]).mean() - abs(at - flag[0, 0])
    separation = np.abs(flag[0, 0] - genuine[:, 0]).mean()
    assert curves[0, 0, 33] == pytest.approx(separation * plain, rel=1e-5)


def test_a_token_that_separates_more_counts_more(genuine: Floats) -> None:
    flags = np.array([[4.0, 0.0], [4.1, 0.1]], np.float32)
    high, usual = near_curves(flags, usual_distance(genuine), np.ones((1, 2), bool))[0]
    assert np.ptp(high) > 5 * np.ptp(usual)


def test_a_token_on_which_the_flags_scatter_like_genuine_rows_counts_little(genuine: Floats) -> None:
    flags = genuine[:200]
    (curves,) = near_curves(flags, usual_distance(genuine), np.ones((1, 200), bool))
    assert np.ptp(curves, axis=1).max() < 0.02


def test_each_part_is_made_of_its_own_flags(genuine: Floats) -> None:
    flags = np.array([[4.0, 0.0], [-3.0, 2.0], [1.0, 1.0]], np.float32)
    parts = np.array([[True, True, False], [False, True, True]])
    usual = usual_distance(genuine)
    together = near_curves(flags, usual, parts)
    for part, curves in zip(parts, together, strict=True):
        alone = near_curves(flags[part], usual, np.ones((1, 2), bool))[0]
        assert curves == pytest.approx(alone)
