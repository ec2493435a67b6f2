"""Periods of traffic that are compared: the last day, the last week, and what came before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitoring.traffic_counts import HOUR_S, TrafficCounts, sum_counts

DAY_S = 24 * HOUR_S
WEEK_S = 7 * DAY_S
# After two weeks, profiles of 30 days are half full and scores no longer move while they fill. Before that,
# too few values and entities have been seen to call any of them new.
COLD_S = 2 * WEEK_S
# Profiles of 30 days need about 28 days to fill; weeks four weeks apart are compared only after that.
COLD_LONG_S = 28 * DAY_S
WEEKS_APART_S = 28 * DAY_S
ENOUGH_ROWS = 1_000
"""A period needs this many rows; with fewer, one of ten bins may be empty by chance."""


@dataclass(frozen=True)
class Periods:
    """Traffic of the periods that are compared; a field is None while too little of it is stored."""

    day: TrafficCounts | None = None
    """The last 24 hours."""
    week_before: TrafficCounts | None = None
    """The seven days before `day`."""
    week: TrafficCounts | None = None
    """The last seven days, for slow drift."""
    weeks_ago: TrafficCounts | None = None
    """The seven days that ended four weeks before the end of `week`."""


def periods_at(end: float, hours: Mapping[float, TrafficCounts], width: int) -> Periods:
    """Sum the hourly counts of each period.

    Args:
        end: event time at which the last day and week end, seconds since 1970.
        hours: every stored hour, by the event time at which it begins.
        width: number of features.

    Returns:
        The periods; those with too few rows, or too close to the first stored hour, are None.
    """
    first = min(hours, default=end)

    def between(start: float, until: float, cold_s: float) -> TrafficCounts | None:
        if start < first + cold_s:
            return None
        found = sum_counts((hour for at, hour in hours.items() if start <= at < until), width)
        return found if found.looked_at >= ENOUGH_ROWS else None

    return Periods(
        between(end - DAY_S, end, 0.0),
        between(end - DAY_S - WEEK_S, end - DAY_S, COLD_S),
        between(end - WEEK_S, end, 0.0),
        between(end - WEEK_S - WEEKS_APART_S, end - WEEKS_APART_S, COLD_LONG_S),
    )
