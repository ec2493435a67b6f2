"""Estimates how likely an unjudged alert is genuine, from the verdicts on alerts of similar surprise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles

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

    def genuine_share(self, surprise: Doubles) -> Doubles:
        """Return the probability that alerts are genuine, float64 (m,), in (0, 1].

        It is the share of genuine ones among the judged alerts of the nearest surprise. The prior is 1:
        without verdicts every alert counts as false, which keeps to the budget.

        Args:
            surprise: Surprise of the alerts without a verdict, float64 (m,).
        """
        if not len(self.surprise):
            return np.ones(len(surprise))
        order = np.argsort(self.surprise, kind="stable")
        known, genuine = self.surprise[order], np.r_[0.0, np.cumsum(~self.fraud[order])]
        count = min(ENOUGH_JUDGED, len(known))
        first = _nearest(known, surprise, count)
        found = genuine[first + count] - genuine[first]
        return np.asarray((found + _PRIOR) / (count + _PRIOR))


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
