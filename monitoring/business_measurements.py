"""Measures the business view in each round, and keeps the totals of each day for ninety days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from contracts.business_view import KIND, BusinessView
from monitoring.business import DayTraffic, FraudLoss, QueueAge, business_view, review_seconds
from monitoring.periods import DAY_S
from monitoring.traffic_counts import ABSENT, PRESENT, UNKNOWN, TrafficCounts
from storage import UnitOfWork
from storage.business import money_by_scorer, newest_verdicts, open_alert_times
from storage.measurements import Measurement
from storage.outcomes import FraudOutcome

PERIODS_DAYS = (30, 90)
"""A month, as Visa counts, and a rolling quarter, as PSD2 does."""
DAY = "day_traffic"
ANALYST, NEWEST_VERDICTS = "analyst", 2_000
_CHANGING_DAYS = 3  # late payments may still arrive on the newest days


def measure_business(
    unit: UnitOfWork,
    hours: Mapping[float, TrafficCounts],
    frauds: Sequence[FraudOutcome],
    newest: float,
) -> dict[int, BusinessView]:
    """Store the totals of the days, and the view of each period that ends with the newest payment.

    Args:
        unit: the unit of work; the caller commits it.
        hours: hourly counts, by the event time at which the hour begins.
        frauds: known frauds, with their channel.
        newest: event time of the newest transaction, seconds since 1970.

    Returns:
        The views, by length of the period in days.
    """
    if not hours:
        return {}
    days = _store_days(unit, hours, newest)
    review_s = review_seconds(newest_verdicts(unit.session, ANALYST, NEWEST_VERDICTS))
    queue = _queue(unit, newest)
    until = newest + 1.0
    views = {}
    for length in PERIODS_DAYS:
        since = newest // DAY_S * DAY_S - (length - 1) * DAY_S
        scorers = money_by_scorer(unit.session, since, until)
        losses = [_loss(fraud) for fraud in frauds if fraud.event_time >= since]
        traffic = [day for at, day in days.items() if at >= since]
        views[length] = business_view(since, until, traffic, losses, scorers, review_s, queue)
    unit.measurements.put(_row(KIND, str(n), 0.0, view.until, _json(view)) for n, view in views.items())
    return views


def _store_days(
    unit: UnitOfWork, hours: Mapping[float, TrafficCounts], newest: float
) -> dict[float, DayTraffic]:
    unit.measurements.delete_before(DAY, time=newest - (max(PERIODS_DAYS) + 1) * DAY_S)
    days = {row.time: DayTraffic(**row.details) for row in unit.measurements.of_kind(DAY)}
    changed: dict[float, TrafficCounts] = {}
    for at, hour in hours.items():
        day = at // DAY_S * DAY_S
        if hour.payments and (day not in days or day > newest - _CHANGING_DAYS * DAY_S):
            changed[day] = changed[day] + hour if day in changed else hour
    found = {day: DayTraffic(dict(total.payments), dict(total.value)) for day, total in changed.items()}
    unit.measurements.put(
        _row(DAY, "", day, sum(one.payments.values()), {"payments": one.payments, "value": one.value})
        for day, one in found.items()
    )
    return days | found


def _loss(fraud: FraudOutcome) -> FraudLoss:
    absent = fraud.card_absent
    segment = UNKNOWN if absent is None else ABSENT if absent else PRESENT
    return FraudLoss(segment, fraud.amount, passed=fraud.decision == 0)


def _queue(unit: UnitOfWork, newest: float) -> QueueAge:
    waiting, oldest, middle = open_alert_times(unit.session)
    ages = [max(0.0, newest - at) if at is not None else 0.0 for at in (oldest, middle)]
    return QueueAge(waiting, *ages)


def _json(view: BusinessView) -> dict[str, Any]:
    made: dict[str, Any] = msgspec.to_builtins(view)
    return made


def _row(kind: str, subject: str, time: float, value: float, details: Mapping[str, Any]) -> Measurement:
    return Measurement(kind=kind, subject=subject, time=time, value=value, details=dict(details))
