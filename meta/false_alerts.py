"""Which of the unjudged alerts count as genuine when a budget is measured.

Recent traffic holds alerts that nobody has judged. With all of them, undetected frauds would use up the
budget; with none, the budget would be spent anew with every detector, since the false alerts of those in
force are missing. Calibration says how many there are and where: at the threshold just the budget, ten
times fewer with every further unit of surprise. So that many are kept, the ones nearest to those places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]

CLEARLY = 0.5
"""Surprise above the threshold, three times rarer: alerts that a higher threshold may not cost."""


@dataclass(frozen=True)
class Sorted:
    """Rows that count as genuine, in their order, and unjudged alerts that are more likely fraud."""

    genuine: Rows
    suspect: Rows


def sort_alerts(rows: Rows, surprise: NDArray[np.float64], threshold: float, budget: float) -> Sorted:
    """Part `rows` in two.

    `surprise` (n,) of all rows that `rows` point into, `threshold` as surprise, `budget` a share in (0, 1).
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
    """Surprise of `count` false alerts as calibration has them, ascending."""
    shares = 1.0 - (np.arange(count) + 0.5) / max(count, 1)
    return np.asarray(threshold - np.log10(shares))


def _nearest(ascending: NDArray[np.float64], places: NDArray[np.float64]) -> Rows:
    """For each place the first value not below it that is not taken yet, each value once."""
    chosen, free = [], 0
    for number, place in enumerate(places):
        # As many must be left as there are places to come.
        last = len(ascending) - (len(places) - number)
        free = min(max(free, int(np.searchsorted(ascending, place))), last)
        chosen.append(free)
        free += 1
    return np.array(chosen, np.intp)
