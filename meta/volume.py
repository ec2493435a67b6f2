"""Forecasts how many transactions a period still brings, from the hours of the days before."""

from __future__ import annotations

import numpy as np

from meta.arrays import Doubles

DAY_S = 86_400.0
_DAYS_BACK = 14
_SAME_WEEKDAY = 4.0
"""Weight of the same day of the week, relative to other days."""
_PRIOR_SHARE = 0.25
"""Share of a usual day that the pace of the days before counts as."""


def rest_of_period(
    times: Doubles, scale: float, *, start: float, now: float, end: float, rows: float
) -> float:
    """Return how many transactions arrive between `now` and `end`.

    It is what the same hours of the last 14 days brought, in proportion to the pace of this period so far.
    Where less than a day is known, the pace of this period continues.

    Args:
        times: Event times of an even sample of the traffic before now, float64 (n,), seconds since 1970.
        scale: Transactions that each of the sample represents, 1 or more.
        start: Begin of the period.
        now: Newest event time.
        end: End of the period, above `start`.
        rows: Transactions of the period so far.

    Returns:
        Transactions, 0 or more.
    """
    known = (now - float(np.min(times, initial=now))) / DAY_S
    days = [j for j in range(1, _DAYS_BACK + 1) if start - j * DAY_S >= now - known * DAY_S]
    if not days:
        return rows * (end - now) / max(now - start, 1.0)
    ordered = np.sort(times)
    weight = np.array([_SAME_WEEKDAY if j % 7 == 0 else 1.0 for j in days])
    back = np.array(days) * DAY_S
    begun, here, over = (np.searchsorted(ordered, t - back) for t in (start, now, end))
    before = scale * float(np.average(here - begun, weights=weight))
    after = scale * float(np.average(over - here, weights=weight))
    prior = _PRIOR_SHARE * (before + after)
    return after * (rows + prior) / max(before + prior, 1.0)
