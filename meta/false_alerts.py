"""Chooses which unjudged alerts count as genuine when a budget is measured.

Recent traffic has alerts without a verdict. If all counted, undetected frauds would use up the budget. If
none counted, every new detector would spend the budget again, since the false alerts of the live ones would
be missing. Calibration gives the expected number of false alerts: the budget at the threshold, and ten times
fewer with every further unit of surprise. That many are kept: those nearest to the expected places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]

CLEARLY = 0.5
"""Surprise above the threshold (three times rarer) from which a higher threshold may not lose an alert."""


@dataclass(frozen=True)
class Sorted:
    """Rows that count as genuine, in their order, and unjudged alerts that are more likely fraud."""

    genuine: Rows
    suspect: Rows


def sort_alerts(rows: Rows, surprise: NDArray[np.float64], threshold: float, budget: float) -> Sorted:
    """Split rows into genuine ones and alerts that are more likely fraud.

    Args:
        rows: Positions of the rows.
        surprise: Surprise of all rows that `rows` point into, float64 (n,).
        threshold: Surprise over which a row is alerted.
        budget: Share of genuine traffic that may be alerted, in (0, 1).

    Returns:
        Both parts, in the order of `rows`.
    """
    above = surprise[rows] > threshold
    alerted = rows[above]
    alerted = alerted[np.argsort(surprise[alerted], kind="stable")]
    expected = round(np.sum(~above) * budget / (1.0 - budget))
    if len(alerted) > expected:
        alerted = alerted[_nearest(surprise[alerted], _places(expected, threshold))]
    genuine = ~above | np.isin(rows, alerted)
    return Sorted(rows[genuine], rows[~genuine])


def _places(count: int, threshold: float) -> NDArray[np.float64]:
    """Return the expected surprise of `count` false alerts, ascending."""
    shares = 1.0 - (np.arange(count) + 0.5) / max(count, 1)
    return np.asarray(threshold - np.log10(shares))


def _nearest(ascending: NDArray[np.float64], places: NDArray[np.float64]) -> Rows:
    """Return for each place the first free value that is not below it; each value is taken once."""
    chosen, free = [], 0
    for number, place in enumerate(places):
        # Leave as many values as there are places to come.
        last = len(ascending) - (len(places) - number)
        free = min(max(free, int(np.searchsorted(ascending, place))), last)
        chosen.append(free)
        free += 1
    return np.array(chosen, np.intp)
