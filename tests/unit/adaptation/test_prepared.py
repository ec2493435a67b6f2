"""Prepared traffic returns from memory the same values that the stack computes."""

from dataclasses import replace

import numpy as np
import pytest

from adaptation.proposing.prepared import Prepared
from meta.adapters.evidence import Evidence
from meta.calibration import Tails
from meta.episode import TooLittleTraffic, choose_rows, propose
from meta.live import LiveDetector
from meta.stack import ScoringStack
from meta.support import Support
from storage.traffic_sample import TrafficSample
from tests.small_models import genuine_rows, small_base, small_detector, small_network

N = 12_000
BASE, NETWORK = small_base(), small_network()
ADAPTER = Evidence(NETWORK)


def a_sample(seed: int = 3) -> TrafficSample:
    entities = [{"card": f"card-{n % 500}", "merchant": "shop"} for n in range(N)]
    return TrafficSample(
        genuine_rows(N, seed), np.arange(N, dtype=np.float64), [f"tx-{n}" for n in range(N)], entities
    )


def live(seed: int) -> LiveDetector:
    detector = small_detector(NETWORK, seed)
    return LiveDetector(detector, ADAPTER, Tails.fit(ADAPTER.score(detector, genuine_rows(N))), -0.1 * seed)


STACK = ScoringStack(BASE, Tails.fit(BASE.score(genuine_rows(N))), (live(1), live(2)))


def test_a_part_knows_what_the_stack_would_say_of_it() -> None:
    part = Prepared(a_sample(), STACK, ADAPTER).traffic.part(np.arange(0, N, 7), 1.0)
    grown = part.replaced((*part.detectors, live(3)))
    expected = STACK.replaced((*STACK.detectors, live(3))).surprises(part.reservoir.X.copy())
    assert grown.surprises(part.reservoir.X) == pytest.approx(expected)


def test_joint_surprise_is_that_of_the_stack() -> None:
    traffic = Prepared(a_sample(), STACK, ADAPTER).traffic
    assert traffic.joint == pytest.approx(STACK.score(traffic.reservoir.X)[0])


def test_what_was_scored_before_is_taken_over_under_the_same_base() -> None:
    sample = a_sample()
    before = Prepared(sample, STACK, ADAPTER)
    after = Prepared(sample, STACK.replaced((live(1), live(4))), ADAPTER, before)
    assert after.traffic.reservoir is before.traffic.reservoir
    assert after.traffic.joint == pytest.approx(Prepared(sample, after.stack, ADAPTER).traffic.joint)
    other = ScoringStack(small_base(seed=5), STACK.base_tails, STACK.detectors)
    assert Prepared(sample, other, ADAPTER, before).traffic.reservoir is not before.traffic.reservoir


def test_rows_of_an_episode_and_of_its_rare_entities_and_later_ones_are_left_out() -> None:
    prepared = Prepared(a_sample(), STACK, ADAPTER)
    traces = prepared.traces({("card", "card-7"), ("merchant", "shop")}, ["tx-30"], began=6_000.0)
    kept = set(prepared.event_time[choose_rows(prepared.event_time, traces)].astype(int).tolist())
    assert kept == {n for n in range(6_000) if n % 500 != 7 and n != 30}


def test_in_a_stream_that_has_only_begun_rows_since_the_first_flag_are_taken_too() -> None:
    prepared = Prepared(a_sample(), STACK, ADAPTER)
    rows = choose_rows(prepared.event_time, prepared.traces({("card", "card-7")}, ["tx-30"], began=5_000.0))
    assert len(rows) == N - N // 500 - 1


def test_the_front_of_the_rows_is_spread_over_time() -> None:
    prepared = Prepared(a_sample(), STACK, ADAPTER)
    per_quarter, _ = np.histogram(prepared.event_time[:400], 4, (0, N))
    assert per_quarter.min() > 60


def test_entities_flagged_since_the_last_calibration_do_not_fill_the_budget() -> None:
    """One row in fifty, twice the budget, is raised by 4: the scale falls. Without raised rows it stays 1."""
    traffic, rows, budget = Prepared(a_sample(), STACK, ADAPTER).traffic, np.arange(N), 0.01
    assert traffic.risk_share_within(rows, budget) == 1.0
    raised = replace(traffic, boosts=np.where(rows % 50 == 0, 4.0, 0.0))
    share = raised.risk_share_within(rows, budget)
    assert share < 1.0
    quantiles = [np.quantile(raised.joint + scale * raised.boosts, 1 - budget) for scale in (0, share, 1)]
    assert quantiles[1] <= quantiles[0] + np.log10(2) < quantiles[2]


def test_where_all_traffic_is_over_the_threshold_nothing_is_proposed() -> None:
    """A new base is in this state until its tails are fitted to live traffic."""
    traffic = Prepared(a_sample(), STACK, ADAPTER).traffic
    support = Support(traffic.reservoir.X[:5])
    with pytest.raises(TooLittleTraffic, match="all 12000 recent transactions are over the threshold"):
        propose(traffic, ADAPTER, support, np.arange(N), {}, threshold=-1e9, budget=1e-3, seed=0)
    ordinary = propose(traffic, ADAPTER, support, np.arange(N), {}, threshold=np.inf, budget=1e-3, seed=0)
    assert ordinary.rows == N
