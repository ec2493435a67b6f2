"""Unjudged alerts are genuine as often as the judged ones of similar surprise."""

from __future__ import annotations

import numpy as np
import pytest

from meta.precision import Judged, presumed_genuine


def test_without_verdicts_the_prior_remains() -> None:
    prior = np.array([0.4, 1.0])
    assert Judged.none().genuine_share(np.array([3.0, 9.0]), prior).tolist() == [0.4, 1.0]


def test_alerts_just_over_the_threshold_are_presumed_genuine_and_a_clear_burst_is_not() -> None:
    surprise = np.r_[np.full(20, 3.2), np.full(40, 5.0)]
    share = presumed_genuine(surprise, 3.0, expected=10.0)
    assert share[:20].tolist() == [1.0] * 20
    assert share[20:].sum() == pytest.approx(10.0 * 10**-0.5)


def test_more_clear_alerts_than_fraud_explains_count_as_genuine() -> None:
    share = presumed_genuine(np.full(400, 5.0), 3.0, expected=10.0)
    assert share.sum() == pytest.approx(400 - 50)


def test_the_share_follows_the_verdicts_near_in_surprise() -> None:
    surprise = np.r_[np.full(100, 3.0), np.full(100, 6.0)]
    near, far = Judged(surprise, surprise > 4.0).genuine_share(np.array([3.1, 5.9]), np.ones(2))
    assert near == pytest.approx(1.0)
    assert far == pytest.approx(0.0, abs=0.06)
