"""Rules, lists and segments spend from the same budget as models; the threshold leaves room for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meta.fixed_alerts import fixed_genuine, fixed_use
from meta.pacing import LEAST
from meta.steering import Steering, steer
from meta.steering_inputs import RecentAlerts, Traffic
from tests.unit.meta.test_steering import BUDGET, DAY_S, DAYS, HOUR_S, NOON, ROWS, alerts, scores

TODAY = NOON - DAY_S / 2


def by_rule(n: int, *, surprise: float = 0.3, judged: bool = False, fraud: int = 0) -> RecentAlerts:
    """Return alerts of one rule over ten days, evenly; the first `fraud` of them are judged fraud."""
    number = np.arange(n)
    return RecentAlerts(
        NOON - DAYS * DAY_S * (1.0 - (number + 0.5) / n), np.full(n, surprise), (number < fraud) | judged,
        number < fraud, np.ones(n, np.bool_), 1_000 + number, np.ones(n, np.int64),
    )  # fmt: skip


def joined(one: RecentAlerts, other: RecentAlerts) -> RecentAlerts:
    names = ("event_time", "surprise", "judged", "fraud", "comparable", "card", "causes")
    event_time, surprise, judged, fraud, comparable, card, cause = (
        np.concatenate([getattr(one, name), getattr(other, name)]) for name in names
    )
    return RecentAlerts(event_time, surprise, judged, fraud, comparable, card, cause)


def steered(found: RecentAlerts, *, least: float = LEAST) -> Steering:
    """Steer at noon."""
    traffic = Traffic(scores(), found, NOON, ROWS / DAYS / 2, 10.0)
    made = steer(traffic, threshold=2.0, budget=BUDGET, least=least)
    assert made is not None
    return made


@pytest.mark.parametrize("part", [0.2, 0.4, 0.7])
def test_what_a_rule_uses_is_left_for_it(part: float) -> None:
    """After days on the budget, the models aim at the rest, in expectation over the haste of the morning."""
    models = alerts(genuine=round(10 * (1 - part)))
    made = steered(joined(models, by_rule(round(part * BUDGET * ROWS))))
    assert made.fixed_share == pytest.approx(part * BUDGET, rel=0.15)
    assert made.aimed == pytest.approx((4 / 3 - part) * BUDGET, abs=0.25 * BUDGET)
    assert not made.at_floor(BUDGET)


def test_a_rule_that_uses_more_than_the_budget_leaves_the_floor() -> None:
    made = steered(joined(alerts(genuine=1), by_rule(round(1.4 * BUDGET * ROWS))), least=0.2)
    assert made.at_floor(BUDGET)
    assert made.fixed_share == pytest.approx(1.4 * BUDGET, rel=0.1)
    assert made.aimed == pytest.approx(0.2 * BUDGET)
    assert made.false_alarms > BUDGET * ROWS / DAYS / 2


def test_verdicts_of_fraud_free_the_budget_that_a_rule_uses() -> None:
    n = round(0.8 * BUDGET * ROWS)
    wrong, right = (steered(by_rule(n, judged=True, fraud=fraud)) for fraud in (0, n))
    assert right.fixed_share == 0.0
    assert right.aimed > wrong.aimed


def test_unjudged_alerts_of_a_rule_count_by_the_verdicts_on_that_rule() -> None:
    mostly_fraud = by_rule(100, fraud=50)
    assert fixed_genuine(mostly_fraud)[60] == pytest.approx(2 / 52)
    assert fixed_genuine(by_rule(100))[60] == 1.0
    other = replace(mostly_fraud, cause=np.where(np.arange(100) < 50, 1, 2))
    assert fixed_genuine(other)[60] == 1.0


def test_a_rule_that_has_gone_live_is_foreseen_within_hours() -> None:
    """Three hours at 1.0 a transaction's worth of alerts count about half in the forecast."""
    an_hour = ROWS / DAYS / 24
    n = round(0.4 * BUDGET * an_hour * 3 * 100) // 100
    new = by_rule(max(n, 1))
    new = replace(new, event_time=NOON - np.linspace(0.0, 3 * HOUR_S, len(new.judged)))
    use = fixed_use(new, np.ones(len(new.judged)), scores(), start=TODAY, now=NOON)
    assert 0.3 * 0.4 * BUDGET < use.share < 0.9 * 0.4 * BUDGET
    later = fixed_use(new, np.ones(len(new.judged)), scores(), start=TODAY, now=NOON + 12 * HOUR_S)
    assert later.share < 1.01 * use.share


@settings(max_examples=40, deadline=None)
@given(part=st.floats(0.0, 3.0), models=st.integers(0, 40), least=st.floats(0.01, 1.0))
def test_the_share_aimed_at_never_rises_with_what_rules_use_and_never_falls_under_the_floor(
    part: float, models: int, least: float
) -> None:
    own = alerts(genuine=models)
    less, more = (
        steered(joined(own, by_rule(round(use * BUDGET * ROWS) + 1)), least=least)
        for use in (part, part + 0.3)
    )
    assert more.aimed <= less.aimed + 1e-12
    beyond_noise = max(1.0, models / (10.0 + 2.0 * 10.0**0.5 + 1.0)) * 1.25
    assert more.aimed >= least * BUDGET * 0.8 / beyond_noise


def test_without_rules_nothing_changes() -> None:
    own = alerts(genuine=7, open_=3)
    assert steered(own) == steered(replace(own, cause=np.zeros(10, np.int64)))
