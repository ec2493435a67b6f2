"""The gate's verdict: each figure is that of the detector, the share and the threshold that it returns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from meta.adapters.registry import adapter
from meta.arrays import Floats
from meta.artifacts import Artifacts
from meta.calibration import combine
from meta.gate import judge
from meta.leave_one_out import ROWS
from meta.reservoir import Reservoir
from meta.shares import SHIFTS
from meta.stack import ScoringStack
from meta.stakes import DAY_S, Frauds, Stakes
from meta.support import Support
from meta.verdict import Limits, Verdict
from tests.unit.meta.conftest import history_rows

LIMITS = Limits(budget=0.01)


def traffic(n: int, seed: int, *, pattern: int = 0, features: slice = slice(4, 6), by: float = 5.0) -> Floats:
    """Return genuine rows; the last `pattern` rows are moved along features unknown to the base."""
    X = np.random.default_rng(seed).standard_normal((n, 7)).astype(np.float32)
    if pattern:
        X[-pattern:, features] += np.float32(by)
    return X


PAST = history_rows()[-200:]
FLAGS = traffic(6, 2, pattern=6)


@pytest.fixture(scope="module")
def reservoir(artifacts: Artifacts) -> Reservoir:
    return Reservoir(traffic(6_000, 1), artifacts.base)


@pytest.fixture(scope="module")
def stack(artifacts: Artifacts, reservoir: Reservoir) -> ScoringStack:
    return ScoringStack(artifacts.base, reservoir.base_tails)


@pytest.fixture
def judged(artifacts: Artifacts, stack: ScoringStack, reservoir: Reservoir) -> Any:
    """Return a function that judges flags; everything may be given another way."""

    def run(flags: Floats = FLAGS, replay: dict[str, Floats] | None = None, **changes: Any) -> Verdict:
        given: dict[str, Any] = {"stack": stack, "reservoir": reservoir, "seed": 0, "limits": LIMITS}
        given |= {"adapter": adapter("logistic", artifacts), "background": traffic(800, 3), **changes}
        return judge(support=Support(flags), replay=replay or {"past": PAST}, **given)

    return run


def test_all_figures_are_those_of_the_returned_detector_and_threshold(
    judged: Any, stack: ScoringStack, reservoir: Reservoir
) -> None:
    found = judged()
    with_it = stack.replaced((*stack.detectors, found.live))
    surprises = with_it.surprises(reservoir.X)
    assert found.alert_rate == np.mean(combine(surprises, with_it.shifts) > found.threshold)
    assert found.added == np.mean(surprises[:, 1] + found.live.shift > found.threshold)
    point = found.trade_off.point
    assert (found.live.shift, found.threshold) == (point.shift, point.threshold)
    assert found.softly_found == point.found
    lost = np.mean(stack.score(PAST)[0] > 2.0) - np.mean(with_it.score(PAST)[0] > found.threshold)
    assert found.losses["past"] == pytest.approx(lost, abs=0.03)
    assert (found.causes, found.reasons, found.passed) == ((), (), True)
    assert [one.shift for one in found.trade_off.points] == list(SHIFTS)


def test_genuine_traffic_that_is_like_the_pattern_is_told_as_far_as_it_can_be_measured(judged: Any) -> None:
    assert judged().usual_at == pytest.approx(1 / ROWS)  # the flags are beyond all rows of a fold
    assert 0.05 < judged(traffic(5, 9)).usual_at < 1.0


def test_the_same_seed_gives_the_same_verdict(judged: Any) -> None:
    one, again = judged(), judged()
    assert one.live.detector.content_hash == again.live.detector.content_hash
    assert (one.threshold, one.trade_off) == (again.threshold, again.trade_off)


def test_a_detector_joins_those_in_force_and_all_hold_the_budget(
    judged: Any, stack: ScoringStack, reservoir: Reservoir
) -> None:
    other = judged(traffic(6, 9, pattern=6, features=slice(2, 4))).live
    standing = stack.replaced((other,))
    found = judged(stack=standing)
    whole = standing.replaced((other, found.live))
    rate = np.mean(whole.score(reservoir.X)[0] > found.threshold)
    assert rate == found.alert_rate == pytest.approx(LIMITS.budget, rel=0.1)


def test_sets_of_known_fraud_without_rows_are_left_out(judged: Any) -> None:
    assert list(judged(replay={"past": PAST, "none": PAST[:0]}).losses) == ["past"]


def test_risk_of_entities_uses_up_budget(judged: Any, artifacts: Artifacts) -> None:
    risk = np.zeros(6_000)
    risk[:40] = 3.0
    watched = judged(reservoir=Reservoir(traffic(6_000, 1), artifacts.base, risk=risk))
    assert watched.threshold > judged().threshold
    assert watched.alert_rate == pytest.approx(LIMITS.budget, rel=0.1)


def test_a_surge_allows_more_alerts_and_what_it_adds_is_measured_against_the_budget_before(
    judged: Any,
) -> None:
    usual, surge = judged(), judged(limits=replace(LIMITS, surge=1.0))
    assert surge.alert_rate == pytest.approx(2 * LIMITS.budget, rel=0.1)
    assert usual.alert_rate == pytest.approx(LIMITS.budget, rel=0.1)
    assert surge.threshold < usual.threshold
    assert surge.losses["past"] < usual.losses["past"]


def test_a_person_may_choose_the_share(judged: Any) -> None:
    for shift in (-0.5, 0.8):
        found = judged(asked=shift)
        assert found.live.shift == pytest.approx(shift)
        assert found.passed or found.causes != ("flags",)
    usual = traffic(5, 9)
    assert judged(usual).causes == ("flags",)
    assert "flags" not in judged(usual, asked=0.0).causes


NOW = 40.0 * DAY_S
STAKES = Stakes(
    Frauds(NOW - DAY_S * np.linspace(1.0, 0.1, 6)),
    NOW,
    per_day=10_000.0,
    known={
        "past": Frauds(NOW - DAY_S * np.linspace(30.0, 0.0, 300)),
        "ring": Frauds(NOW - DAY_S * np.arange(60.0) / 2),
    },
)


def test_more_of_the_pattern_in_recent_traffic_makes_it_worth_more(judged: Any, artifacts: Artifacts) -> None:
    def caught(unflagged: int) -> float:
        rows = Reservoir(traffic(6_000, 5, pattern=unflagged), artifacts.base)
        return float(judged(stakes=STAKES, recent=rows).trade_off.point.caught)

    assert caught(300) > 2 * caught(0) > 0
    assert judged(stakes=STAKES).trade_off.point.caught == pytest.approx(caught(0), rel=0.1)
    assert judged(stakes=STAKES).trade_off.measured
    assert not judged().trade_off.measured


def test_frauds_of_live_episodes_have_a_rate_of_their_own(judged: Any) -> None:
    """As samples of one stream, `ring` has a third of its frauds a day; as an episode it has two."""
    limits = replace(LIMITS, allowed_loss=1.0)
    replay = {"past": PAST, "ring": PAST[:100]}
    asked = {"stakes": STAKES, "limits": limits, "asked": float(SHIFTS[-1])}
    together = judged(replay=replay, **asked).trade_off.point
    apart = judged(replay=replay, episodes=("ring",), **asked).trade_off.point
    assert together.caught > 1.05 * apart.caught  # since all of one stream come more often
    assert together.known_lost != pytest.approx(apart.known_lost, rel=0.001)


def mixed() -> Floats:
    """Return three flags of one pattern, then one ordinary transaction, then four of another pattern."""
    other = traffic(4, 12, pattern=4, features=slice(2, 4), by=-5.0)
    return np.concatenate([traffic(3, 2, pattern=3), np.zeros((1, 7), np.float32), other])


def test_two_patterns_are_named_by_the_places_of_all_flags_and_hide_strangers(
    judged: Any, artifacts: Artifacts
) -> None:
    made = adapter("ridge", artifacts)
    found = judged(mixed(), adapter=made)
    assert found.set_aside == (3,)
    assert found.two_patterns is not None
    groups = {found.two_patterns.first, found.two_patterns.second}
    assert groups == {(0, 1, 2), (4, 5, 6, 7)}
    assert found.strangers == ()
    other = judged(mixed(), adapter=made, grouping=adapter("logistic", artifacts))
    assert other.live.detector.content_hash == found.live.detector.content_hash
