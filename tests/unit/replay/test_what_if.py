"""Another budget, a draft episode, a removed detector: counted on transactions with known labels."""

from __future__ import annotations

import numpy as np
import pytest

from meta.adapters.logistic import Logistic
from meta.calibration import Tails
from meta.stack import ScoringStack
from meta.support import Support
from replay.truth import FRAUD, GENUINE, UNKNOWN
from replay.what_if import Past, ScoringSetting, effect, what_if, with_episode
from tests.small_models import genuine_rows, small_base

DAY_S = 86_400.0
BASE = small_base()
RECENT = genuine_rows(20_000, seed=1)
NOW = ScoringSetting(ScoringStack(BASE, Tails.fit(BASE.score(RECENT))), 3.0)


def past(rows: int = 20_000, frauds: int = 40) -> Past:
    """Return ten days of ordinary rows, with frauds that all look alike."""
    rng = np.random.default_rng(2)
    X, truth = genuine_rows(rows, seed=3), np.full(rows, GENUINE, np.int8)
    at = rng.choice(rows, frauds, replace=False)
    X[at] = np.array([2.5, -2.5, 2.5], np.float32) + 0.1 * genuine_rows(frauds, seed=4)
    truth[at] = FRAUD
    return Past(X, np.linspace(0, 10 * DAY_S, rows, dtype=np.float64), np.full(rows, 7.0), truth)


def test_alerts_are_counted_by_what_they_turned_out_to_be() -> None:
    truth = np.array([FRAUD, FRAUD, GENUINE, GENUINE, UNKNOWN], np.int8)
    amounts = np.array([10.0, 20.0, 1.0, 1.0, 1.0])
    days = Past(genuine_rows(5), DAY_S * np.arange(5, dtype=np.float64), amounts, truth)
    found = effect(days, np.array([True, False, True, False, True]))
    assert (found.alerts, found.caught, found.frauds, found.false_alarms, found.unjudged) == (3, 1, 2, 1, 1)
    assert (found.amount_caught, found.fraud_amount) == (10.0, 30.0)
    assert (found.alerts_a_day, found.alert_rate, found.recall) == (0.75, 0.5, 0.5)


def test_a_larger_budget_alerts_more_and_keeps_what_a_smaller_one_alerts() -> None:
    found = what_if(past(), NOW.at_budget(RECENT, 0.001), NOW.at_budget(RECENT, 0.01))
    assert len(found.added) == found.then.alerts - found.now.alerts > 0
    assert len(found.lost) == 0
    assert found.then.alert_rate == pytest.approx(0.01, rel=0.3)


def test_a_draft_episode_is_tried_before_it_goes_live() -> None:
    days = past()
    flagged = np.flatnonzero(days.truth == FRAUD)[:5]
    then, verdict = with_episode(
        NOW, Logistic(BASE.normaliser), Support(days.X[flagged]), RECENT, {}, budget=0.001
    )
    assert verdict.passed
    found = what_if(days, NOW, then)
    assert found.then.caught > 0.9 * found.then.frauds > found.now.caught
    assert found.then.amount_caught == pytest.approx(7.0 * found.then.caught)
    assert found.then.alert_rate < 0.002
    assert what_if(days, then, then.without([0])).lost.size >= found.then.caught - found.now.caught


def test_days_without_transactions_have_no_effect() -> None:
    none = Past(genuine_rows(0), np.empty(0), np.empty(0), np.empty(0, np.int8))
    assert what_if(none, NOW, NOW).now.recall == 0.0
