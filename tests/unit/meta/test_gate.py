"""Leave-one-out, shares of the budget, and the gate."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from meta.adapters.evidence import Evidence
from meta.adapters.registry import adapter
from meta.arrays import Floats
from meta.artifacts import Artifacts
from meta.calibration import joint_threshold
from meta.evidence_model import shares_of
from meta.gate import judge
from meta.leave_one_out import leave_one_out
from meta.reservoir import Reservoir
from meta.shares import SHIFTS, Share, every_share
from meta.stack import ScoringStack
from meta.stakes import Rates
from meta.support import EmptySupport, Support
from meta.support_checks import TwoPatterns, strangers, two_patterns
from meta.verdict import Limits
from meta.weighing import weigh


def traffic(n: int, seed: int, *, pattern: int = 0) -> Floats:
    """Return genuine rows; the last `pattern` rows are moved far along two features unknown to the base."""
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


def chosen(
    reservoir: np.ndarray,
    replay: dict[str, np.ndarray],
    flags: np.ndarray,
    shifts: np.ndarray,
    limits: Limits,
    *,
    known: float = 1.0,
) -> Share:
    """Return the share that the gate chooses; known fraud comes `known` times as often as the pattern."""
    shares = every_share(
        reservoir, replay, flags, shifts, budget=limits.budget, allowed_loss=limits.allowed_loss
    )
    return shares[weigh(shares, Rates(1.0, dict.fromkeys(replay, known)), limits).chosen]


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
    free = chosen(reservoir, {"known": known}, flags, np.zeros(1), Limits(allowed_loss=1), known=0.01)
    bound = chosen(reservoir, {"known": known}, flags, np.zeros(1), Limits(allowed_loss=0.08), known=0.01)
    assert bound.shift < free.shift
    assert bound.losses["known"] <= 0.08 < free.losses["known"]
    assert bound.shift in SHIFTS


def test_what_live_detectors_cost_the_base_is_not_spent_again_by_the_next() -> None:
    """Each of twelve detectors alone may cost a tenth. The accepted ones together cost little more."""
    rng, allowed = np.random.default_rng(1), 0.1
    reservoir = -np.log10(rng.random((50_000, 13)))
    known = np.c_[rng.normal(3.3, 0.4, 2_000), np.zeros((2_000, 12))]
    alone = np.mean(known[:, 0] > np.quantile(reservoir[:, 0], 0.999))
    columns, shifts, lost = [0], np.zeros(1), []
    for newcomer in range(1, 13):
        tried = [*columns, newcomer]
        flags = np.full((5, len(tried)), 3.9)
        flags[:, :-1] = 0
        share = chosen(
            reservoir[:, tried],
            {"known": known[:, tried]},
            flags,
            shifts,
            Limits(allowed_loss=allowed),
            known=0.01,
        )
        if share.losses["known"] <= allowed:
            columns, shifts = tried, np.append(shifts, share.shift)
            lost.append(alone - np.mean(known[:, 0] > share.threshold))
    assert len(lost) >= 2
    assert lost[0] > allowed / 2  # one alone may cost nearly the whole allowed loss
    assert max(lost) < allowed + 0.1 * allowed * len(lost)


@pytest.mark.parametrize("budget", [0.0003, 0.001, 0.02])
def test_the_threshold_among_the_highest_rows_is_the_joint_threshold_of_all(budget: float) -> None:
    rng = np.random.default_rng(4)
    reservoir = (-np.log10(rng.random((3_001, 3)))).round(2)  # with ties
    shifts = np.array([0.0, -0.2])
    for share in every_share(reservoir, {}, rng.random((3, 3)), shifts, budget=budget, allowed_loss=0.05):
        expected = joint_threshold(reservoir, np.append(shifts, share.shift), budget)
        assert share.threshold == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("count", [1, 2, 5, 11])
def test_parts_of_a_support_give_the_detectors_that_they_would_give_alone(
    artifacts: Artifacts, count: int
) -> None:
    made = Evidence(artifacts.require_evidence())
    flags, background = traffic(count, 2, pattern=count), traffic(400, 3)
    parts = np.eye(count, dtype=bool) if count < 3 else ~np.eye(count, dtype=bool)
    together = made.adapt_parts(Support(flags), parts, background, seed=0)
    for part, detector in zip(parts, together, strict=True):
        alone = made.adapt(Support(flags[part]), background, seed=0)
        np.testing.assert_allclose(detector.tensors["table"], alone.tensors["table"], atol=1e-4)


def test_scoring_reads_the_background_as_training_did(artifacts: Artifacts) -> None:
    model = artifacts.require_evidence()
    flags, usual = (torch.from_numpy(model.scores(traffic(n, n)))[None] for n in (5, 400))
    trained = model.net.adapt(flags, usual)[0].numpy()
    shares = torch.from_numpy(shares_of(*model.located(usual[0].numpy())))
    adapted = model.net.adapt_parts(flags[0], torch.ones(1, 5), shares)[0].numpy()
    np.testing.assert_allclose(adapted, trained, atol=1e-3)


def test_a_left_out_flag_is_judged_by_a_detector_that_never_saw_it(
    artifacts: Artifacts, reservoir: Reservoir
) -> None:
    pattern, stranger = traffic(5, 5, pattern=5), traffic(1, 6)
    made = adapter("logistic", artifacts)
    found = leave_one_out(
        made, Support(np.concatenate([pattern, stranger])), traffic(800, 3), reservoir, seed=0
    ).surprise
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


def mixed(first: int, second: int) -> Floats:
    """Return flags of the usual pattern, and of another, distant pattern."""
    other = traffic(second, 12)
    other[:, 2:4] -= 5
    return np.concatenate([traffic(first, 2, pattern=first), other])


def checked(artifacts: Artifacts, reservoir: Reservoir, flags: Floats) -> TwoPatterns | None:
    made = adapter("ridge", artifacts)
    return two_patterns(made, Support(flags), traffic(800, 3), reservoir, threshold=2.0, seed=0)


def test_two_patterns_flagged_as_one_are_told_apart(artifacts: Artifacts, reservoir: Reservoir) -> None:
    assert checked(artifacts, reservoir, mixed(3, 4)) in (
        TwoPatterns((0, 1, 2), (3, 4, 5, 6)),
        TwoPatterns((3, 4, 5, 6), (0, 1, 2)),
    )


@pytest.mark.parametrize("flags", [traffic(8, 2, pattern=8), traffic(8, 9), traffic(3, 2, pattern=3)])
def test_one_pattern_and_none_are_not_split(
    artifacts: Artifacts, reservoir: Reservoir, flags: Floats
) -> None:
    assert checked(artifacts, reservoir, flags) is None


def test_a_few_flags_that_the_others_do_not_lead_to_are_strangers() -> None:
    found = np.array([True, True, False, True, True])
    assert strangers(found) == [2]
    assert strangers(~found) == []
    assert strangers(found[:3]) == []


def test_an_empty_support_is_refused() -> None:
    with pytest.raises(EmptySupport, match=r"\(0, 7\)"):
        Support(np.zeros((0, 7), np.float32))
