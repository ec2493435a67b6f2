"""Estimates how likely an unjudged alert is genuine, from the verdicts on alerts of similar surprise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles
from meta.recalibration import MOST_FRAUD

ENOUGH_JUDGED = 40
"""Judged alerts that an estimate reads; their share has a standard error of at most 0.08."""
_PRIOR = 2.0
"""Judged alerts that the prior counts as."""


@dataclass(frozen=True)
class Judged:
    """n alerts with a verdict.

    Attributes:
        surprise: Surprise of each, float64 (n,).
        fraud: Whether the verdict is fraud, bool (n,).
    """

    surprise: Doubles
    fraud: NDArray[np.bool_]

    @classmethod
    def none(cls) -> Judged:
        """Return no alerts."""
        return cls(np.empty(0), np.empty(0, np.bool_))

    def genuine_share(self, surprise: Doubles, prior: Doubles) -> Doubles:
        """Return the probability that alerts are genuine, float64 (m,), in 0 to 1.

        It is the share of genuine ones among the judged alerts of the nearest surprise, and the prior where
        there are no verdicts.

        Args:
            surprise: Surprise of the alerts without a verdict, float64 (m,).
            prior: Probability before any verdict is known, float64 (m,).
        """
        if not len(self.surprise):
            return prior
        order = np.argsort(self.surprise, kind="stable")
        known, genuine = self.surprise[order], np.r_[0.0, np.cumsum(~self.fraud[order])]
        count = min(ENOUGH_JUDGED, len(known))
        first = _nearest(known, surprise, count)
        found = genuine[first + count] - genuine[first]
        return np.asarray((found + _PRIOR * prior) / (count + _PRIOR))


def presumed_genuine(alerts: int, rows: float, budget: float) -> float:
    """Return the probability that an alert is genuine before any verdict is known, 0 to 1.

    Of the alerts as many are genuine as calibration expects; the others are more likely fraud, which a
    budget of false alarms does not limit. Beyond `MOST_FRAUD` of the traffic it is more likely that the tails
    fit no longer, and the rest counts as genuine too.

    Args:
        alerts: Number of alerts without a verdict.
        rows: Transactions that they are of.
        budget: Share of genuine traffic that may be alerted, in (0, 1).

    >>> [presumed_genuine(alerts, 10_000, 0.001) for alerts in (40, 8, 400)]
    [0.25, 1.0, 0.5]
    """
    genuine = max(budget * rows, alerts - MOST_FRAUD * rows)
    return min(genuine / max(alerts, 1), 1.0)


def _nearest(known: Doubles, wanted: Doubles, count: int) -> NDArray[np.intp]:
    """Return where the `count` values begin that are nearest to each wanted one; `known` is ascending."""
    place, last = np.searchsorted(known, wanted), len(known) - count
    low, high = np.clip(place - count, 0, last), np.clip(place, 0, last)
    while (low < high).any():
        middle = (low + high) // 2
        after = known[np.minimum(middle + count, len(known) - 1)]
        further = (after - wanted < wanted - known[middle]) & (low < high)
        low, high = np.where(further, middle + 1, low), np.where(further, high, middle)
    return low
