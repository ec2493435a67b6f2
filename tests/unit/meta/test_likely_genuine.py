"""Unjudged alerts are genuine as likely as the verdicts on similar ones say."""

from __future__ import annotations

import numpy as np

from meta.likely_genuine import genuine_probability
from meta.steering_inputs import RecentAlerts

DAY_S, N = 86_400.0, 400
NOW = 1_000 * DAY_S


def alerts(*, fraud_in_runs: bool = False) -> RecentAlerts:
    """Return judged alerts of ten days, half of them fraud, and the same again of today without verdicts.

    The frauds are in runs of two on one card, or on cards of their own.
    """
    number = np.arange(N)
    fraud = number % 4 < 2
    card = np.where(fraud, number // 4, 1_000 + number) if fraud_in_runs else number
    time = NOW - DAY_S * (1.0 + 10.0 * (number // 4) / (N // 4)) + number % 4
    none = np.zeros(N, np.bool_)
    return RecentAlerts(
        np.r_[time, NOW - 3_600.0 + number], np.full(2 * N, 3.5), np.r_[~none, none], np.r_[fraud, none],
        np.ones(2 * N, np.bool_), np.r_[card, 5_000 + card],
    )  # fmt: skip


def test_verdicts_are_taken_as_they_are_and_others_have_their_share() -> None:
    found = genuine_probability(alerts(), 0.9, now=NOW)
    assert np.array_equal(found[:N], np.arange(N) % 4 >= 2)
    assert np.all(np.abs(found[N:] - 0.5) < 0.1)


def test_a_run_of_alerts_on_one_card_is_fraud_where_runs_were_fraud() -> None:
    found = genuine_probability(alerts(fraud_in_runs=True), 0.9, now=NOW)[N:]
    run = np.arange(N) % 4 < 2
    assert found[run].max() < 0.2
    assert found[~run].min() > 0.8


def test_without_verdicts_the_prior_holds() -> None:
    made = alerts()
    none = RecentAlerts(
        made.event_time, made.surprise, made.judged & False, made.fraud & False, made.comparable, made.card
    )
    assert np.all(genuine_probability(none, 0.3, now=NOW) == 0.3)
