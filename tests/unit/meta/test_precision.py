"""Unjudged alerts are genuine as often as the judged ones of similar surprise."""

from __future__ import annotations

import numpy as np
import pytest

from meta.precision import Judged, presumed_genuine


def test_without_verdicts_the_prior_remains() -> None:
    prior = np.array([0.4, 1.0])
    assert Judged.none().genuine_share(np.array([3.0, 9.0]), prior).tolist() == [0.4, 1.0]


def test_a_burst_of_unjudged_alerts_is_presumed_fraud_beyond_what_calibration_expects() -> None:
    assert 60 * presumed_genuine(60, 10_000, 0.001) == pytest.approx(10.0)


def test_more_alerts_than_fraud_explains_count_as_genuine() -> None:
    assert 400 * presumed_genuine(400, 10_000, 0.001) == pytest.approx(400 - 200)


def test_the_share_follows_the_verdicts_near_in_surprise() -> None:
    surprise = np.r_[np.full(100, 3.0), np.full(100, 6.0)]
    near, far = Judged(surprise, surprise > 4.0).genuine_share(np.array([3.1, 5.9]), np.ones(2))
    assert near == pytest.approx(1.0)
    assert far == pytest.approx(0.0, abs=0.06)
