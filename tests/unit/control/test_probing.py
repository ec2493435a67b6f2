"""A base is tried on stored traffic before it is announced."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from control.probing import UnfitBase, probe_base
from meta.calibration import Tails
from tests.small_models import genuine_rows, small_base

MODEL = small_base()
TAILS = Tails.fit(MODEL.score(genuine_rows(5_000)))
STORED = genuine_rows(20_000, seed=5)


def test_a_base_that_fits_the_traffic_alerts_about_its_budget() -> None:
    assert 0.0003 < probe_base(MODEL, TAILS, STORED, budget=0.001) < 0.003


def test_a_base_that_would_flood_the_queue_is_not_announced() -> None:
    low = replace(TAILS, knots=TAILS.knots - 5.0)
    with pytest.raises(UnfitBase, match=r"would be alerted.*allowed is 10 times over or under it"):
        probe_base(MODEL, low, STORED, budget=0.001)


def test_a_base_that_would_alert_nothing_is_not_announced() -> None:
    high = replace(TAILS, knots=TAILS.knots + 1e3)
    with pytest.raises(UnfitBase, match="0 of 20000 stored transactions would be alerted"):
        probe_base(MODEL, high, STORED, budget=0.01)


def test_a_base_whose_scores_are_not_finite_is_not_announced() -> None:
    broken = replace(MODEL, network=replace(MODEL.network, head_bias=np.array([np.nan], np.float32)))
    with pytest.raises(UnfitBase, match="20000 of 20000 stored transactions get a score that is not finite"):
        probe_base(broken, TAILS, STORED, budget=0.001)


def test_before_traffic_is_stored_nothing_is_compared() -> None:
    assert probe_base(MODEL, TAILS, STORED[:0], budget=0.001) == 0.0
