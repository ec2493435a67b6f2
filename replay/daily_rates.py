"""The realised alert rate of each day, relative to the budget."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles
from replay.survey import DAY_S

WITHIN = 0.1
"""A day keeps the budget if its rate is within this share of it."""


@dataclass(frozen=True)
class DayRate:
    """A day (UTC) of event time.

    Attributes:
        begin: Its begin, seconds since 1970.
        genuine: Known genuine transactions.
        false_alarms: Those of them that are alerted.
    """

    begin: float
    genuine: int
    false_alarms: int

    @property
    def rate(self) -> float:
        """Share of known genuine transactions that is alerted, 0 to 1."""
        return self.false_alarms / self.genuine


def daily_rates(seconds: Doubles, genuine: NDArray[np.bool_], alerted: NDArray[np.bool_]) -> list[DayRate]:
    """Count the false alarms of each day that has known genuine transactions.

    Args:
        seconds: Event times, float64 (n,), seconds since 1970.
        genuine: Which rows are known as genuine, bool (n,).
        alerted: Which rows are alerted, bool (n,).
    """
    day = (seconds[genuine] // DAY_S).astype(np.int64)
    days, place = np.unique(day, return_inverse=True)
    made = np.bincount(place, weights=alerted[genuine], minlength=len(days))
    rows = np.bincount(place, minlength=len(days))
    return [DayRate(float(d * DAY_S), int(n), int(m)) for d, n, m in zip(days, rows, made, strict=True)]


def rate_words(days: list[DayRate], budget: float) -> str:
    """Describe the days in a sentence.

    Args:
        days: Days with known genuine transactions.
        budget: Share of genuine traffic that may be alerted, in (0, 1).

    >>> rate_words([DayRate(0.0, 1_000, 1), DayRate(86_400.0, 1_000, 3)], 0.001)
    'alert rate by day 0.100% to 0.300%, 1 of 2 days within 10% of 0.100%'
    """
    if not days:
        return "alert rate by day: no transaction is known as genuine"
    rates = [day.rate for day in days]
    kept = sum(abs(rate - budget) <= WITHIN * budget * (1 + 1e-9) for rate in rates)
    return (
        f"alert rate by day {min(rates):.3%} to {max(rates):.3%}, {kept} of {len(days)} days within "
        f"{WITHIN:.0%} of {budget:.3%}"
    )
