"""Rows whose segment of the decision policy has a review bound of its own, so that no threshold decides them.

Bounds are plain arrays, one number a row: the surprise over which the row is alerted, NaN where the joint
threshold decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from meta.arrays import Doubles, Rows
from meta.calibration import CEILING
from meta.pacing import LEAST


@dataclass(frozen=True)
class OwnBounds:
    """Bounds of all rows that a gate counts alerts on.

    Attributes:
        traffic: Of rows of recent traffic, float64 (n,).
        flags: Of the flags, float64 (k,).
        known: Of each replay set, by name, float64 (m,); a set that is not named has none.
    """

    traffic: Doubles
    flags: Doubles
    known: Mapping[str, Doubles] = field(default_factory=dict)

    def part(self, rows: Rows, flags: Rows) -> OwnBounds:
        """Return the bounds of some rows of the traffic and of some flags."""
        return OwnBounds(self.traffic[rows], self.flags[flags], self.known)

    def of_known(self, name: str, rows: int) -> Doubles:
        """Return the bounds of a replay set of so many rows."""
        return self.known[name] if name in self.known else no_bounds(rows)


def no_bounds(rows: int) -> Doubles:
    """Return bounds of rows that the threshold decides, float64 (rows,)."""
    return np.full(rows, np.nan)


def bounds_at(own: Doubles, threshold: float) -> Doubles:
    """Return the surprise over which each row is alerted under a threshold, float64 (n,).

    >>> bounds_at(np.array([np.nan, 2.0]), 3.0).tolist()
    [3.0, 2.0]
    """
    return np.where(np.isnan(own), threshold, own)


def share_left(surprise: Doubles, own: Doubles, budget: float) -> float:
    """Return the share of the rows without a bound that may be alerted, so that all alerts fit the budget.

    Args:
        surprise: Surprise of genuine rows, float64 (n,).
        own: Their bounds.
        budget: Share of all rows that may be alerted, in (0, 1).

    >>> round(share_left(np.array([3.0] + [0.0] * 99), np.array([2.0] * 50 + [np.nan] * 50), 0.03), 4)
    0.04
    """
    fixed = ~np.isnan(own)
    if not fixed.any():
        return budget
    spent = float(np.sum(surprise[fixed] > own[fixed]))
    left = max(budget * len(own) - spent, LEAST * budget * len(own))
    return min(left / max(len(own) - int(fixed.sum()), 1), 0.5)


def steered_threshold(surprise: Doubles, own: Doubles, budget: float) -> float:
    """Return the threshold that, beside the rows' own bounds, leaves the budget of alerts.

    Args:
        surprise: Surprise of genuine rows, float64 (n,).
        own: Their bounds.
        budget: Share of all rows that may be alerted, in (0, 1).

    Returns:
        The threshold; the largest surprise where every row has a bound of its own.
    """
    steered = np.isnan(own)
    if not steered.any():
        return CEILING
    return float(np.quantile(surprise[steered], 1.0 - share_left(surprise, own, budget)))
