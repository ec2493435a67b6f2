"""Leave-one-out, shares of the budget, and the gate."""

from __future__ import annotations

import numpy as np
import pytest

from meta.adapters.registry import adapter
from meta.arrays import Floats
from meta.artifacts import Artifacts
from meta.gate import Limits, judge
from meta.leave_one_out import leave_one_out
from meta.reservoir import Reservoir
from meta.shares import SHIFTS, choose_share
from meta.stack import ScoringStack
from meta.support import EmptySupport, Support


def traffic(n: int, seed: int, *, pattern: int = 0) -> Floats:
    """Genuine rows, the last `pattern` of them moved far along two features the base knows nothing of."""
    X = np.random.default_rng(seed).standard_normal((n, 7)).astype(np.float32)
    if pattern:
        X[-pattern:, 4:6] += 5
    return X


@pytest.fixture(scope="module")
def reservoir(artifacts: Artifacts) -> Reservoir:
    return Reservoir(traffic(6000, 1), artifacts.base)


@pytest.fixture(scope="module")
def stack(artifacts: Artifacts, reservoir: Reservoir) -> ScoringStack:
    return ScoringStack(artifacts.base, reservoir.base_tails)


LIMITS = Limits(budget=0.01)


def test_a_pattern_that_left_out_flags_confirm_passes_within_the_budget(
    artifacts: Artifacts, stack: ScoringStack, reservoir: Reservoir, rows: Floats
) -> None:
    flags = traffic(6, 2, pattern=6)
    verdict = judge(
        stack, adapter("logistic", artifacts), Support(flags), traffic(800, 3), reservoir,
        {"known fraud": rows[-200:]}, seed=0, limits=LIMITS,
    )  # fmt: skip
    assert verdict.passed, verdict.reasons
    assert verdict.alert_rate <= 1.05 * LIMITS.budget
    assert verdict.found > 0.8
    live = stack.replaced((verdict.live,))
    fresh = traffic(3000, 4, pattern=300)
    surprise, winner = live.score(fresh)
    assert np.mean(surprise[-300:] > verdict.threshold) > 0.8
    assert np.mean(winner[-300:] == 0) > 0.8
    assert np.mean(surprise[:-300] > verdict.threshold) < 2 * LIMITS.budget


def test_ordinary_traffic_flagged_as_fraud_stays_a_draft_with_the_reason(
    artifacts: Artifacts, stack: ScoringStack, reservoir: Reservoir, rows: Floats
) -> None:
    verdict = judge(
        stack, adapter("logistic", artifacts), Support(traffic(5, 9)), traffic(800, 3), reservoir,
        {"known fraud": rows[-200:]}, seed=0, limits=LIMITS,
    )  # fmt: skip
    assert not verdict.passed
    assert any("of the flags when they are left out" in reason for reason in verdict.reasons)


def test_a_detector_that_would_crowd_out_known_fraud_gets_a_small_share() -> None:
    rng = np.random.default_rng(0)
    reservoir = -np.log10(rng.random((50_000, 2)))
    known = np.c_[rng.normal(3.0, 0.3, 500), rng.random(500)]  # just above the base's own threshold
    flags = np.c_[np.zeros(5), np.full(5, 4.2)]
    free = choose_share(reservoir, {"known": known}, flags, np.zeros(1), budget=0.001, allowed_loss=1)
    bound = choose_share(reservoir, {"known": known}, flags, np.zeros(1), budget=0.001, allowed_loss=0.08)
    assert bound.shift < free.shift
    assert bound.losses["known"] <= 0.08 < free.losses["known"]
    assert bound.shift in SHIFTS


def test_a_left_out_flag_is_judged_by_a_detector_that_never_saw_it(
    artifacts: Artifacts, reservoir: Reservoir
) -> None:
    pattern, stranger = traffic(5, 5, pattern=5), traffic(1, 6)
    made = adapter("logistic", artifacts)
    found = leave_one_out(
        made, Support(np.concatenate([pattern, stranger])), traffic(800, 3), reservoir, seed=0
    )
    assert found.shape == (6,)
    assert found[5] < found[:5].min()


def test_a_calibrated_detector_surprises_its_reservoir_as_often_as_it_says(
    artifacts: Artifacts, reservoir: Reservoir
) -> None:
    for name in ("evidence", "evidence-aware", "ridge"):
        made = adapter(name, artifacts)
        support = Support(reservoir.extend(made, traffic(5, 2, pattern=5)))
        detector = made.adapt(support, reservoir.rows_for(made)[:500], seed=0)
        surprise = reservoir.surprise_of(reservoir.calibrate(made, detector))
        assert np.mean(surprise > 2) == pytest.approx(0.01, rel=0.2)
        alone = made.score(detector, reservoir.rows_for(made))
        np.testing.assert_array_equal(reservoir.scores(made, detector), alone)


def test_an_empty_support_is_refused() -> None:
    with pytest.raises(EmptySupport, match=r"\(0, 7\)"):
        Support(np.zeros((0, 7), np.float32))
