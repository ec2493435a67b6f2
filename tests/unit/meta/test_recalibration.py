"""Tails and threshold are refitted to traffic that may contain fraud."""

from __future__ import annotations

import numpy as np
import pytest

from meta.adapters.logistic import Logistic
from meta.calibration import Tails, combine
from meta.episode import TooLittleTraffic, propose
from meta.live import LiveDetector
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


def test_detectors_get_new_tails_and_keep_their_share_and_all_together_hold_the_budget() -> None:
    """The tails in force were fitted to other traffic and let too much through."""
    rows, adapter = Reservoir(genuine_rows(20_000, seed=3), BASE, TAILS), Logistic(BASE.normaliser)
    live = []
    for seed, shift in ((1, 0.2), (2, -0.4)):
        flags = Support(genuine_rows(5, seed=seed) + np.float32(seed))
        detector = adapter.adapt(flags, rows.X[:500], seed=seed)
        live.append(LiveDetector(detector, adapter, TAILS, shift))
    stack = ScoringStack(BASE, TAILS, tuple(live))
    found = recalibrate(ScoredTraffic.of(rows, stack), threshold=9.0, budget=0.01)
    assert [one.detector for one in found.detectors] == [one.detector for one in live]
    assert [one.shift for one in found.detectors] == [0.2, -0.4]
    again = ScoringStack(BASE, found.base_tails, found.detectors)
    joint = combine(again.surprises(rows.X), again.shifts)
    assert np.mean(joint > found.threshold) == pytest.approx(0.01, abs=0.001)
    for column in again.surprises(rows.X).T:
        assert np.mean(column > 2.0) == pytest.approx(0.01, abs=0.001)


def test_the_share_of_risk_that_fits_the_budget_comes_with_the_threshold() -> None:
    rows = traffic(20_000)
    assert recalibrate(rows, threshold=2.0, budget=0.01).risk_share == 1.0
    boosts = np.where(np.arange(20_000) % 10 == 0, 3.0, 0.0)  # a tenth of the traffic is watched
    watched = ScoredTraffic.of(rows.reservoir, STACK, boosts=boosts)
    assert 0.0 < recalibrate(watched, threshold=2.0, budget=0.01).risk_share < 1.0


def test_of_the_clear_alerts_as_many_count_as_calibration_expects() -> None:
    """Ten times fewer come with each unit of surprise: .2% are expected over 2, and .063% over 2.5."""
    rows = traffic(20_000)
    clear = int(np.sum(rows.joint > 2.5))
    assert clear > 40
    assert recalibrate(rows, threshold=2.0, budget=0.002).rows == 20_000 - clear + 13


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
