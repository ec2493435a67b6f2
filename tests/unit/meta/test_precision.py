"""Unjudged alerts are genuine as often as the judged ones of similar surprise."""

from __future__ import annotations

import numpy as np
import pytest

from meta.precision import Judged


def test_without_verdicts_every_alert_counts_as_genuine() -> None:
    assert Judged.none().genuine_share(np.array([3.0, 9.0])).tolist() == [1.0, 1.0]


def test_the_share_follows_the_verdicts_near_in_surprise() -> None:
    surprise = np.r_[np.full(100, 3.0), np.full(100, 6.0)]
    near, far = Judged(surprise, surprise > 4.0).genuine_share(np.array([3.1, 5.9]))
    assert near == pytest.approx(1.0)
    assert far == pytest.approx(0.0, abs=0.06)
