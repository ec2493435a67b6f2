"""Findings: what is alarming in the traffic of the last day and of the last week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitoring import drift
from monitoring.periods import Periods
from monitoring.traffic_counts import TrafficCounts

KS_MAJOR = 0.15
"""A weekend alone moves the scores of a week by 0.06; profiles that fill move them by 0.11."""
UNSEEN_SHARE = 0.005
MISSING_MORE = 0.02
NEW_TIMES, NEW_MORE = 2.0, 0.02


@dataclass(frozen=True)
class Finding:
    """One alarming observation."""

    alarm: str
    """Name of the alarm, one of `monitoring.alarms.NAMES`."""
    subjects: tuple[str, ...]
    """The features, values or sources concerned, the worst first."""
    value: float
    """The worst figure."""
    limit: float
    """The limit that it exceeds."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Figures for a person to look at, as plain JSON."""


def find_drift(periods: Periods, names: Sequence[str], entities: Sequence[str]) -> list[Finding]:
    """Find changes of traffic and scores.

    Args:
        periods: the periods to compare; those that are None are skipped.
        names: names of the d features in their order.
        entities: names of the entities.

    Returns:
        At most one finding for each alarm.
    """
    found: list[Finding | None] = []
    if periods.day and periods.week_before:
        day, before = periods.day, periods.week_before
        found += [
            _features("feature_drift", day, before, names),
            _scores(day, before),
            _unseen(day, before),
            _missing(day, before),
            _new_entities(day, before, entities),
        ]
    if periods.week and periods.weeks_ago:
        found.append(_features("slow_drift", periods.week, periods.weeks_ago, names))
    return [finding for finding in found if finding is not None]


def _features(alarm: str, now: TrafficCounts, before: TrafficCounts, names: Sequence[str]) -> Finding | None:
    moved = [one for one in drift.feature_drift(now, before, names) if drift.is_watched(one.feature)]
    major = sorted((one for one in moved if one.psi > drift.MAJOR), key=lambda one: -one.psi)
    if not major:
        return None
    shown = {
        one.feature: {"psi": one.psi, "now": one.now.tolist(), "before": one.before.tolist()} for one in major
    }
    return Finding(alarm, tuple(shown), major[0].psi, drift.MAJOR, {"features": shown})


def _scores(now: TrafficCounts, before: TrafficCounts) -> Finding | None:
    distance = drift.kolmogorov_smirnov(now, before)
    return _over("score_drift", {"surprise": distance}, KS_MAJOR)


def _unseen(now: TrafficCounts, before: TrafficCounts) -> Finding | None:
    values = {
        f"{name} {value}": share
        for name, a, b in _fields(now, before)
        for value, share in drift.unseen_values(a, b).items()
    }
    return _over("unseen_values", values, UNSEEN_SHARE)


def _missing(now: TrafficCounts, before: TrafficCounts) -> Finding | None:
    more = {name: drift.missing_share(a) - drift.missing_share(b) for name, a, b in _fields(now, before)}
    return _over("missing_values", more, MISSING_MORE)


def _new_entities(now: TrafficCounts, before: TrafficCounts, entities: Sequence[str]) -> Finding | None:
    shares = {e: (drift.new_entity_share(now, e), drift.new_entity_share(before, e)) for e in entities}
    more = {e: a for e, (a, b) in shares.items() if a > NEW_TIMES * b and a - b > NEW_MORE}
    return _over("new_entities", more, NEW_MORE)


def _fields(now: TrafficCounts, before: TrafficCounts) -> list[tuple[str, Any, Any]]:
    return [
        ("category", now.categories, before.categories),
        ("currency", now.currencies, before.currencies),
    ]


def _over(alarm: str, figures: Mapping[str, float], limit: float) -> Finding | None:
    """A finding with the figures over the limit, the worst first; None if there are none."""
    high = sorted((name for name, figure in figures.items() if figure > limit), key=lambda n: -figures[n])
    if not high:
        return None
    return Finding(alarm, tuple(high), figures[high[0]], limit, {name: figures[name] for name in high})
