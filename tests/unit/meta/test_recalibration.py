"""Tails and threshold are refitted to traffic that may contain fraud."""

from __future__ import annotations

import numpy as np
import pytest

from meta.adapters.logistic import Logistic
from meta.calibration import Tails
from meta.episode import TooLittleTraffic, propose
from meta.recalibration import MOST_FRAUD, recalibrate
from meta.reservoir import FEWEST_ROWS, Reservoir
from meta.scored_traffic import ScoredTraffic, spread_order
from meta.stack import ScoringStack
from meta.support import Support
from tests.small_models import genuine_rows, small_base

BASE = small_base()
TAILS = Tails.fit(BASE.score(genuine_rows(20_000, seed=2)))
STACK = ScoringStack(BASE, TAILS)


def traffic(rows: int, seed: int = 1) -> ScoredTraffic:
    return ScoredTraffic.of(Reservoir(genuine_rows(rows, seed), BASE, TAILS), STACK)


def test_the_threshold_lets_the_budget_through_and_leaves_room_for_blocks() -> None:
    rows = traffic(20_000)
    found = recalibrate(rows, threshold=2.0, budget=0.01)
    surprise = found.base_tails.surprise(BASE.score(rows.reservoir.X))
    assert np.mean(surprise > found.threshold) == pytest.approx(0.01, abs=0.001)
    assert recalibrate(rows, threshold=2.0, budget=0.01, cost_of_blocks=0.004).threshold > found.threshold


def test_where_tails_no_longer_fit_only_the_most_alerted_rows_are_left_out() -> None:
    found = recalibrate(traffic(20_000), threshold=-0.5, budget=0.001)
    assert found.rows == int((1 - MOST_FRAUD) * 20_000)


def test_too_little_traffic_calibrates_nothing() -> None:
    few = traffic(FEWEST_ROWS - 1)
    with pytest.raises(TooLittleTraffic, match="4999 genuine transactions"):
        recalibrate(few, threshold=3.0, budget=0.001)
    with pytest.raises(TooLittleTraffic, match="4999 genuine transactions"):
        propose(
            few, Logistic(BASE.normaliser), Support(genuine_rows(5)), np.arange(len(few)), {},
            threshold=3.0, budget=0.001, seed=0,
        )  # fmt: skip


def test_the_order_of_rows_is_fixed_and_holds_each_row_once() -> None:
    order = spread_order(1_000)
    assert sorted(order.tolist()) == list(range(1_000))
    assert order.tolist() == spread_order(1_000).tolist()
