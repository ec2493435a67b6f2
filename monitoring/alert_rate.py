"""Alarm on the alert rate of the last day."""

from __future__ import annotations

from collections.abc import Mapping

from monitoring.change_detection import detect_changes
from monitoring.findings import Finding
from monitoring.periods import DAY_S, Periods
from monitoring.traffic_counts import HOUR_S, TrafficCounts

RATE_TIMES, RATE_TIMES_BY_ADWIN = 3.0, 4.0
RATE_DEVIATIONS = 5.0
"""Standard deviations of independent alerts. Alerts come in bursts, so 5 here equal about 3 of theirs."""
RATE_SCALE = 10.0
"""ADWIN takes figures of 0 to 1: a rate of ten times the budget counts as 1."""
ADWIN_RECENT_H = 24


def find_alert_rate(
    end: float, hours: Mapping[float, TrafficCounts], periods: Periods, budget: float
) -> Finding | None:
    """Compare the alert rate of the last day with each day of the week before.

    Fraud comes in bursts, so the rates of single days differ tenfold by nature. The last day is alarming if
    its rate is over three times the highest day, or under a third of the lowest, and the distance to the
    mean is not chance. Where chance could explain it, ADWIN must have detected a change in the last 24
    hours, and the factor is four.

    Args:
        end: event time at which the last day ends, seconds since 1970.
        hours: every stored hour, by the event time at which it begins.
        periods: the periods that end at `end`.
        budget: share of genuine traffic that may be alerted, over 0 to 1.

    Returns:
        The finding, or None while the rate is ordinary or too little traffic is stored.
    """
    if not periods.day or not periods.week_before:
        return None
    now, mean = _rate(periods.day), _rate(periods.week_before)
    days = _rates_of_days(end - DAY_S, hours)
    low, high = min(days), max(days)
    away = abs(now - mean) * (periods.day.rows / max(mean, 1e-12)) ** 0.5
    by_adwin = _adwin_detected(end, hours, budget)
    by_chance = away < RATE_DEVIATIONS
    times = RATE_TIMES_BY_ADWIN if by_chance and by_adwin else RATE_TIMES
    if low / times <= now <= high * times or (by_chance and not by_adwin):
        return None
    limit = high * times if now > mean else low / times
    details = {"now": now, "lowest": low, "mean": mean, "highest": high, "by_adwin": by_adwin}
    return Finding("alert_rate", ("alerts",), now, limit, details)


def _rate(traffic: TrafficCounts) -> float:
    return traffic.alerts / max(traffic.rows, 1.0)


def _rates_of_days(end: float, hours: Mapping[float, TrafficCounts]) -> list[float]:
    """Alert rates of the seven days before `end`."""
    starts = [end - days * DAY_S for days in range(1, 8)]
    periods = [[hour for at, hour in hours.items() if s <= at < s + DAY_S] for s in starts]
    return [sum(h.alerts for h in period) / max(sum(h.rows for h in period), 1.0) for period in periods]


def _adwin_detected(end: float, hours: Mapping[float, TrafficCounts], budget: float) -> bool:
    """Whether ADWIN detects a change of the hourly alert rate within the last 24 hours."""
    known = sorted(at for at in hours if at < end and hours[at].rows)
    rates = [min(1.0, hours[at].alerts / hours[at].rows / (RATE_SCALE * budget)) for at in known]
    return any(known[change.seen_at] >= end - ADWIN_RECENT_H * HOUR_S for change in detect_changes(rates))
