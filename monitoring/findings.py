"""What is alarming in the traffic of the last day, and of the last week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitoring import drift
from monitoring.change import changes
from monitoring.hours import HOUR_S, Traffic, total

DAY_S = 24 * HOUR_S
WEEK_S = 7 * DAY_S
# Profiles of 30 days are half filled by then, and scores no longer move with them; what was seen before is no
# measure of anything.
COLD_S = 2 * WEEK_S
# Profiles of 30 days fill for as long; periods weeks apart are compared only behind that.
COLD_LONG_S = 28 * DAY_S
WEEKS_APART_S = 28 * DAY_S
ENOUGH_ROWS = 1_000
"""Fewer rows looked at make no day: an empty bin of ten would then be chance."""
KS_MAJOR = 0.15
"""A weekend moves the scores of a week by 0.06; profiles that fill, by 0.11."""
UNSEEN_SHARE = 0.005
MISSING_MORE = 0.02
NEW_TIMES, NEW_MORE = 2.0, 0.02
RATE_TIMES, RATE_TIMES_BY_ADWIN = 3.0, 4.0
RATE_DEVIATIONS = 5.0
"""Of independent alerts; they come in bursts, so five of these are some three of theirs."""
RATE_SCALE = 10.0
"""ADWIN takes figures of 0 to 1; a rate of ten times the budget is 1."""
ADWIN_RECENT_H = 24


@dataclass(frozen=True)
class Finding:
    """One alarming thing.

    alarm: its name, of a fixed few. subjects: the features, values or sources concerned. value, limit: the
    worst figure, and what is allowed. details: what a person wants to see, plain JSON.
    """

    alarm: str
    subjects: tuple[str, ...]
    value: float
    limit: float
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Periods:
    """The last day, the week before it, and for slow drift the last week and the one four weeks earlier.

    None where there is not enough of it yet.
    """

    day: Traffic | None = None
    week_before: Traffic | None = None
    week: Traffic | None = None
    weeks_ago: Traffic | None = None


def periods_at(end: float, hours: Mapping[float, Traffic], width: int) -> Periods:
    """What lies before `end`, event time; `hours` are all that are stored, by their beginning."""
    first = min(hours, default=end)

    def between(start: float, until: float, cold_s: float) -> Traffic | None:
        if start < first + cold_s:
            return None
        found = total((hour for at, hour in hours.items() if start <= at < until), width)
        return found if found.looked_at >= ENOUGH_ROWS else None

    return Periods(
        between(end - DAY_S, end, 0.0),
        between(end - DAY_S - WEEK_S, end - DAY_S, COLD_S),
        between(end - WEEK_S, end, 0.0),
        between(end - WEEK_S - WEEKS_APART_S, end - WEEKS_APART_S, COLD_LONG_S),
    )


def find_drift(periods: Periods, names: Sequence[str], entities: Sequence[str]) -> list[Finding]:
    """All that changed in traffic and scores."""
    found: list[Finding | None] = []
    if periods.day and periods.week_before:
        day, before = periods.day, periods.week_before
        found += [
            _features("feature_drift", day, before, names),
            _scores(day, before),
            _unseen(day, before),
            _missing(day, before),
            _novelty(day, before, entities),
        ]
    if periods.week and periods.weeks_ago:
        found.append(_features("slow_drift", periods.week, periods.weeks_ago, names))
    return [finding for finding in found if finding is not None]


def find_alert_rate(
    end: float, hours: Mapping[float, Traffic], periods: Periods, budget: float
) -> Finding | None:
    """The alert rate of the last day is not one that the week before had.

    Three times its highest day, or a third of its lowest, beyond chance; or four times, where ADWIN saw a
    change in the last day. Fraud comes in bursts, so days differ tenfold by nature.
    """
    if not periods.day or not periods.week_before:
        return None
    now, mean = _rate(periods.day), _rate(periods.week_before)
    days = _rates_of_days(end - DAY_S, hours)
    low, high = min(days), max(days)
    away = abs(now - mean) * (periods.day.rows / max(mean, 1e-12)) ** 0.5
    by_adwin = _adwin_saw_it(end, hours, budget)
    by_chance = away < RATE_DEVIATIONS
    times = RATE_TIMES_BY_ADWIN if by_chance and by_adwin else RATE_TIMES
    if low / times <= now <= high * times or (by_chance and not by_adwin):
        return None
    limit = high * times if now > mean else low / times
    told = {"now": now, "lowest": low, "mean": mean, "highest": high, "by_adwin": by_adwin}
    return Finding("alert_rate", ("alerts",), now, limit, told)


def _rate(traffic: Traffic) -> float:
    return traffic.alerts / max(traffic.rows, 1.0)


def _rates_of_days(end: float, hours: Mapping[float, Traffic]) -> list[float]:
    """Alert rates of the seven days before `end`."""
    starts = [end - days * DAY_S for days in range(1, 8)]
    periods = [[hour for at, hour in hours.items() if s <= at < s + DAY_S] for s in starts]
    return [sum(h.alerts for h in period) / max(sum(h.rows for h in period), 1.0) for period in periods]


def _adwin_saw_it(end: float, hours: Mapping[float, Traffic], budget: float) -> bool:
    known = sorted(at for at in hours if at < end and hours[at].rows)
    rates = [min(1.0, hours[at].alerts / hours[at].rows / (RATE_SCALE * budget)) for at in known]
    return any(known[change.seen_at] >= end - ADWIN_RECENT_H * HOUR_S for change in changes(rates))


def _features(alarm: str, now: Traffic, before: Traffic, names: Sequence[str]) -> Finding | None:
    moved = [one for one in drift.feature_drift(now, before, names) if drift.watched(one.feature)]
    major = sorted((one for one in moved if one.psi > drift.MAJOR), key=lambda one: -one.psi)
    if not major:
        return None
    shown = {
        one.feature: {"psi": one.psi, "now": one.now.tolist(), "before": one.before.tolist()} for one in major
    }
    return Finding(alarm, tuple(shown), major[0].psi, drift.MAJOR, {"features": shown})


def _scores(now: Traffic, before: Traffic) -> Finding | None:
    distance = drift.kolmogorov_smirnov(now, before)
    return _over("score_drift", {"surprise": distance}, KS_MAJOR)


def _unseen(now: Traffic, before: Traffic) -> Finding | None:
    values = {
        f"{name} {value}": share
        for name, a, b in _fields(now, before)
        for value, share in drift.unseen(a, b).items()
    }
    return _over("unseen_values", values, UNSEEN_SHARE)


def _missing(now: Traffic, before: Traffic) -> Finding | None:
    more = {name: drift.missing(a) - drift.missing(b) for name, a, b in _fields(now, before)}
    return _over("missing_values", more, MISSING_MORE)


def _novelty(now: Traffic, before: Traffic, entities: Sequence[str]) -> Finding | None:
    shares = {e: (drift.novelty(now, e), drift.novelty(before, e)) for e in entities}
    more = {e: a for e, (a, b) in shares.items() if a > NEW_TIMES * b and a - b > NEW_MORE}
    return _over("new_entities", more, NEW_MORE)


def _fields(now: Traffic, before: Traffic) -> list[tuple[str, Any, Any]]:
    return [
        ("category", now.categories, before.categories),
        ("currency", now.currencies, before.currencies),
    ]


def _over(alarm: str, figures: Mapping[str, float], limit: float) -> Finding | None:
    """A finding of those figures that are over the limit, the worst first."""
    high = sorted((name for name, figure in figures.items() if figure > limit), key=lambda n: -figures[n])
    if not high:
        return None
    return Finding(alarm, tuple(high), figures[high[0]], limit, {name: figures[name] for name in high})
