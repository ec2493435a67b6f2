"""The business view: rates against the written limits, money by verdict, time from verdicts, queue."""

from __future__ import annotations

import pytest

from contracts.business_view import ScorerMoney
from monitoring.business import (
    DayTraffic,
    FraudLoss,
    QueueAge,
    busiest_scorers,
    business_view,
    psd2_limit,
    review_seconds,
    vamp_level,
)
from monitoring.scorer_figures import OTHER, TOP
from monitoring.traffic_counts import ABSENT, PRESENT


def test_fraud_that_passed_is_compared_with_the_limits_of_psd2_and_visa() -> None:
    days = [DayTraffic({ABSENT: 500, PRESENT: 300}, {ABSENT: 50_000.0, PRESENT: 9_000.0})] * 2
    frauds = [
        FraudLoss(ABSENT, 40.0, passed=True),
        FraudLoss(ABSENT, 900.0, passed=False),
        FraudLoss(PRESENT, 70.0, passed=True),
    ]
    view = business_view(0.0, 1.0, days, frauds, {}, 30.0, QueueAge(3, 60.0, 20.0))
    absent = view.segments[ABSENT]
    assert (absent.payments, absent.value, absent.frauds, absent.passed) == (1_000, 100_000.0, 2, 1)
    assert absent.rate_by_value == pytest.approx(0.0004)
    assert absent.fraud_value == 940.0
    assert view.psd2_limit == 250
    assert view.vamp_ratio == pytest.approx(0.001)
    assert view.vamp_level == "below"
    assert view.segments[PRESENT].rate_by_count == pytest.approx(1 / 600)
    assert (view.waiting, view.oldest_s, view.review_s) == (3, 60.0, 30.0)


@pytest.mark.parametrize(
    ("rate", "limit"), [(0.0, 500), (0.0001, 500), (0.00011, 250), (0.0006, 250), (0.0013, 100), (0.0014, 0)]
)
def test_the_reference_rates_of_the_regulation_include_their_bounds(rate: float, limit: int) -> None:
    assert psd2_limit(rate) == limit


def test_without_payments_there_are_no_rates() -> None:
    view = business_view(0.0, 1.0, [], [], {}, None, QueueAge())
    assert (view.psd2_limit, view.vamp_ratio, view.vamp_level, view.segments) == (None, None, "below", {})
    assert vamp_level(0.0069) == "above standard"


def test_money_held_counts_confirmed_alerts_only_and_unjudged_ones_apart() -> None:
    scorers = {
        "base": ScorerMoney(alerts=9, confirmed=2, rejected=4, held=200.0, unjudged_value=30.0),
        "rule/gifts": ScorerMoney(alerts=3, confirmed=0, rejected=1, rejected_value=5.0),
    }
    together = business_view(0.0, 1.0, [], [], scorers, None, QueueAge()).together
    assert (together.alerts, together.held, together.unjudged, together.unjudged_value) == (
        12,
        200.0,
        5,
        30.0,
    )
    assert together.false_positive_ratio == 2.5
    assert scorers["rule/gifts"].false_positive_ratio is None


def test_a_thousand_scorers_are_twenty_and_the_others() -> None:
    found = busiest_scorers({f"d-{n}": ScorerMoney(alerts=n, held=1.0) for n in range(1_000)})
    assert len(found) == TOP + 1
    assert found[OTHER].held == 1_000 - TOP


def test_time_per_alert_leaves_out_pauses_and_divides_bulk_verdicts() -> None:
    steady = [("ann", 30.0 * n) for n in range(20)]
    assert review_seconds(steady) == 30.0
    assert review_seconds([*steady, ("ann", 9_000.0)]) == 30.0  # after a pause
    bulk = [("bea", 40.0 * n) for n in range(20) for _ in range(4)]
    assert review_seconds(bulk) == 10.0
    assert review_seconds(steady + bulk) == pytest.approx(19 * 70 / (19 * 5))
    assert review_seconds(steady[:5]) is None
