"""Findings of the last day: the limit of each alarm, tested from both sides."""

from __future__ import annotations

import pytest

from monitoring.alert_rate import find_alert_rate
from monitoring.drift import kolmogorov_smirnov, score_psi
from monitoring.findings import Finding, find_drift
from monitoring.periods import periods_at
from monitoring.traffic_counts import HOUR_S, TrafficCounts
from tests.unit.monitoring.traffic import EVEN, NAMES, hour, weeks

SHIFTED = (0.0, 0.0, 0.0, 0.0, 0.1, 0.1, 0.2, 0.2, 0.2, 0.2)
LITTLE = (0.12, 0.08, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)


def found(
    last_day: TrafficCounts, usual: TrafficCounts | None = None, days: float = 23
) -> dict[str, Finding]:
    hours = weeks(days, usual or hour(), last_day)
    periods = periods_at(days * 24 * HOUR_S, hours, len(NAMES))
    return {one.alarm: one for one in find_drift(periods, NAMES, ["card"])}


def test_ordinary_traffic_gives_no_finding() -> None:
    assert found(hour()) == {}
    assert found(hour(shares={"log_amount": LITTLE})) == {}


def test_a_feature_that_moved_is_named_with_its_histograms() -> None:
    finding = found(hour(shares={"log_amount": SHIFTED}))["feature_drift"]
    assert finding.subjects == ("log_amount",)
    assert finding.value > 0.25
    shown = finding.details["features"]["log_amount"]
    assert shown["now"] == pytest.approx(SHIFTED)
    assert shown["before"] == pytest.approx(EVEN)


def test_features_that_move_with_the_calendar_are_no_news() -> None:
    assert found(hour(shares={"weekend": SHIFTED, "card_log_age_days": SHIFTED})) == {}


def test_while_profiles_fill_nothing_is_found() -> None:
    assert found(hour(shares={"log_amount": SHIFTED}), days=21) == {}


def test_a_day_of_few_transactions_is_no_measure() -> None:
    assert found(hour(40, shares={"log_amount": SHIFTED})) == {}


def test_scores_that_moved_are_found() -> None:
    assert "score_drift" in found(hour(surprise=0.9))


def test_a_new_category_is_named_and_a_rare_one_is_not() -> None:
    assert found(hour(categories={"5411": 0.99, "7995": 0.01}))["unseen_values"].subjects == (
        "category 7995",
    )
    assert found(hour(categories={"5411": 0.999, "7995": 0.001})) == {}


def test_a_category_that_everybody_has_had_is_not_new() -> None:
    usual = hour(categories={"5411": 0.99, "7995": 0.01})
    assert found(hour(categories={"5411": 0.9, "7995": 0.1}), usual) == {}


def test_a_field_that_is_missing_more_often_is_named() -> None:
    finding = found(hour(categories={"5411": 0.95, "": 0.05}))["missing_values"]
    assert finding.subjects == ("category",)
    assert finding.value == pytest.approx(0.05)


def test_many_newcomers_are_found_and_as_many_as_ever_are_not() -> None:
    assert found(hour(new=0.05), hour(new=0.01))["new_entities"].subjects == ("card",)
    assert found(hour(new=0.05), hour(new=0.04)) == {}


def test_slow_drift_is_seen_over_four_weeks_where_no_day_tells() -> None:
    hours = {
        n * HOUR_S: hour(shares={"log_amount": tuple(0.1 + (k - 4.5) * 0.02 * n / 1_680 for k in range(10))})
        for n in range(70 * 24)
    }
    periods = periods_at(70 * 24 * HOUR_S, hours, len(NAMES))
    assert find_drift(periods, NAMES, ["card"]) == []
    late = {
        at: one if at < 60 * 24 * HOUR_S else hour(shares={"log_amount": SHIFTED})
        for at, one in hours.items()
    }
    drifted = find_drift(periods_at(70 * 24 * HOUR_S, late, len(NAMES)), NAMES, ["card"])
    assert [one.alarm for one in drifted] == ["slow_drift"]


def rate(last_day: TrafficCounts, usual: TrafficCounts) -> Finding | None:
    hours = weeks(23, usual, last_day)
    return find_alert_rate(23 * 24 * HOUR_S, hours, periods_at(23 * 24 * HOUR_S, hours, 3), 0.001)


def test_an_alert_rate_unlike_the_week_is_found_in_both_directions() -> None:
    assert rate(hour(alerts=8), hour(alerts=2)) is not None
    assert rate(hour(alerts=0), hour(alerts=2)) is not None


def test_an_alert_rate_within_what_days_differ_by_is_not() -> None:
    assert rate(hour(alerts=5), hour(alerts=2)) is None
    assert rate(hour(alerts=0.3), hour(alerts=0.1)) is None


def test_even_tails_have_no_psi_and_two_equal_days_no_distance() -> None:
    import numpy as np

    tails = np.random.default_rng(0).random(200_000)
    counts = np.bincount(np.clip((-np.log10(tails) * 20).astype(int), 0, 119), minlength=120).astype(float)
    even = TrafficCounts(np.zeros((0, 10)), counts)
    assert score_psi(even) < 0.001
    assert kolmogorov_smirnov(even, even) == 0.0
