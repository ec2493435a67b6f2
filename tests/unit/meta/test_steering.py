"""The threshold is steered so that each day spends its budget of false alarms, and no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from meta.calibration import CEILING
from meta.pacing import HASTE, LEAST, MOST, correction, paced_share
from meta.steering import LARGEST_STEP, steer
from meta.steering_inputs import RecentAlerts, RecentScores, Traffic, period_start

BUDGET, DAY_S, HOUR_S = 0.01, 86_400.0, 3_600.0
ROWS, DAYS = 20_000, 10
NOON = 1_000 * DAY_S + DAY_S / 2


def genuine_surprise(n: int, seed: int = 1) -> NDArray[np.float64]:
    return np.asarray(-np.log10(np.random.default_rng(seed).random(n)))


def scores(n: int = ROWS, more: float = 0.0) -> RecentScores:
    """Return ten days of genuine traffic up to noon; `more` is added to every surprise."""
    return RecentScores(genuine_surprise(n) + more, np.linspace(NOON - DAYS * DAY_S, NOON, n), 1.0)


def alerts(genuine: int = 0, fraud: int = 0, open_: int = 0, *, ago_s: float = 2 * HOUR_S) -> RecentAlerts:
    """Return alerts of today: judged as genuine, judged as fraud, and without a verdict."""
    n = genuine + fraud + open_
    number = np.arange(n)
    return RecentAlerts(
        np.full(n, NOON - ago_s), np.full(n, 2.5), number < genuine + fraud,
        (number >= genuine) & (number < genuine + fraud), np.ones(n, np.bool_), number,
    )  # fmt: skip


def threshold_with(found: RecentAlerts, *, before: float = 2.0, learning: bool = False) -> float:
    rows = ROWS / DAYS / 2 + np.sum(found.fraud)
    steering = steer(
        Traffic(scores(), found, NOON, rows, 10.0), threshold=before, budget=BUDGET, learning=learning
    )
    assert steering is not None
    return steering.threshold


def test_a_day_on_schedule_keeps_the_threshold_of_its_budget() -> None:
    assert threshold_with(alerts(genuine=10)) == pytest.approx(2.0 - np.log10(HASTE), abs=0.1)


def test_more_false_alarms_never_lower_the_threshold() -> None:
    found = [threshold_with(alerts(genuine=count)) for count in range(0, 40, 2)]
    assert found == sorted(found)
    assert found[-1] > found[0]


def test_a_burst_of_judged_fraud_does_not_raise_the_threshold() -> None:
    quiet = threshold_with(alerts(genuine=10))
    assert threshold_with(alerts(genuine=10, fraud=500)) == pytest.approx(quiet, abs=0.05)


def test_unjudged_alerts_count_by_the_verdicts_on_similar_ones() -> None:
    mostly_fraud = threshold_with(alerts(genuine=10, fraud=190, open_=10))
    mostly_genuine = threshold_with(alerts(genuine=10, open_=10))
    assert mostly_fraud < mostly_genuine
    assert mostly_genuine == pytest.approx(threshold_with(alerts(genuine=20)), abs=0.05)


def test_one_decision_moves_the_threshold_by_a_bounded_step() -> None:
    for before in (0.5, 5.0):
        after = threshold_with(alerts(genuine=10), before=before)
        assert abs(after - before) == pytest.approx(LARGEST_STEP)


def test_equal_inputs_give_equal_thresholds() -> None:
    assert threshold_with(alerts(genuine=7, open_=3)) == threshold_with(alerts(genuine=7, open_=3))


def test_nothing_is_decided_on_too_few_transactions() -> None:
    few = Traffic(scores(299), alerts(), NOON, 299.0, 10.0)
    assert steer(few, threshold=CEILING, budget=BUDGET, learning=True) is None


def test_while_learning_a_closed_threshold_opens_in_one_step_and_above_the_quantile() -> None:
    few = Traffic(scores(500), alerts(), NOON, 25.0, 10.0)
    found = steer(few, threshold=CEILING, budget=BUDGET, learning=True)
    assert found is not None
    assert -np.log10(BUDGET) - 0.2 < found.threshold < 3.0


def test_while_learning_the_queue_closes_once_the_hour_has_spent_its_budget() -> None:
    for count, closed in ((3, False), (30, True)):
        an_hour = Traffic(scores(), alerts(open_=count, ago_s=60.0), NOON - 1.0, 83.0, 10.0)
        found = steer(an_hour, threshold=2.0, budget=10 * BUDGET, learning=True)
        assert found is not None
        assert (found.threshold == CEILING) == closed


def test_a_sudden_flood_raises_the_threshold_above_the_alerts_of_the_hour() -> None:
    flood = alerts(open_=60, ago_s=600.0)
    rising = replace(flood, surprise=np.linspace(2.0, 2.29, 60))
    assert threshold_with(rising) > 2.2
    of_other_tails = replace(rising, comparable=np.zeros(60, np.bool_))
    assert threshold_with(of_other_tails) <= threshold_with(rising)


def test_the_share_aimed_at_stays_between_its_limits_where_counts_are_within_their_noise() -> None:
    assert paced_share(BUDGET, rows=400.0, rest=10.0, counted=0.0) == BUDGET * MOST
    assert paced_share(BUDGET, rows=400.0, rest=10.0, counted=8.0) == BUDGET * LEAST


def of_days(a_day: list[int], *, judged: bool = True) -> RecentAlerts:
    """Return alerts of the days before today, so many a day."""
    today = NOON - DAY_S / 2
    time = np.concatenate([np.full(count, today - (1 + k) * DAY_S + 9.0) for k, count in enumerate(a_day)])
    n = len(time)
    none = np.zeros(n, np.bool_)
    return RecentAlerts(time, np.full(n, 2.5), none | judged, none, ~none, np.arange(n))


@pytest.mark.parametrize(("a_day", "low", "high"), [(20, 0.99, 1.01), (30, 0.79, 0.9), (14, 1.1, 1.26)])
def test_days_that_missed_their_budget_correct_the_next_one(a_day: int, low: float, high: float) -> None:
    found = of_days([a_day] * 8)
    corrected = correction(scores(), found, np.ones(8 * a_day), BUDGET, start=NOON - DAY_S / 2)
    assert low <= corrected <= high


def test_days_without_verdicts_correct_nothing() -> None:
    found = of_days([90] * 8, judged=False)
    assert correction(scores(), found, np.ones(720), BUDGET, start=NOON - DAY_S / 2) == 1.0


def test_the_period_is_the_day_and_while_learning_the_hour() -> None:
    assert period_start(NOON + 5_000.0, learning=False) == NOON - DAY_S / 2
    assert period_start(NOON + 5_000.0, learning=True) == NOON + HOUR_S


@pytest.mark.parametrize("more", [0.0, 0.5, -0.4], ids=["as calibrated", "three times more", "fewer"])
def test_a_day_ends_on_its_budget_though_the_tails_do_not_fit(more: float) -> None:
    """A day of 5,000 transactions, decided every 50, whose surprises are all off by `more`."""
    start, n, threshold, made = NOON + DAY_S / 2, 5_000, 2.0, alerts()
    surprise = genuine_surprise(n, seed=2) + more
    time = start + np.linspace(0.0, DAY_S, n, endpoint=False)
    for first in range(0, n, 50):
        rows = slice(first, first + 50)
        over = np.flatnonzero(surprise[rows] > threshold) + first
        made = RecentAlerts(
            np.r_[made.event_time, time[over]], np.r_[made.surprise, surprise[over]],
            np.ones(len(made.judged) + len(over), np.bool_), np.zeros(len(made.judged) + len(over), np.bool_),
            np.ones(len(made.judged) + len(over), np.bool_), np.arange(len(made.judged) + len(over)),
        )  # fmt: skip
        now, until = float(time[rows][-1]), slice(0, first + 50)
        known = RecentScores(
            np.r_[scores().surprise, surprise[until]], np.r_[scores().event_time, time[until]], 1.0
        )
        found = steer(Traffic(known, made, now, first + 50.0, 50.0), threshold=threshold, budget=BUDGET)
        assert found is not None
        threshold = found.threshold
    assert len(made.surprise) == pytest.approx(BUDGET * n, rel=0.1)
