"""Chooses how much of the budget the risk of entities gets.

Confirmed frauds of a card raise its surprise. Where many cards are watched, the full boost alerts ten times
the budget, and a threshold that holds the budget would silence base and detectors. So the boost is scaled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles
from meta.calibration import joint_threshold, with_risk

MOST_RISE = math.log10(2.0)
"""Most surprise that the threshold may rise by: base and detectors keep half of the budget."""
STEPS = 16  # scales that are tried, evenly spaced


@dataclass(frozen=True)
class RiskShare:
    """The scale of all boosts, 0 to 1, and the joint threshold with them, as surprise."""

    share: float
    threshold: float


def choose_risk_share(
    surprises: NDArray[np.float64], shifts: Doubles, risk: Doubles, budget: float
) -> RiskShare:
    """Return the largest scale of boosts under which base and detectors keep half of the budget.

    Args:
        surprises: Surprises of genuine rows, float64 (n, 1 + e).
        shifts: Shifts of base and detectors, float64 (1 + e,).
        risk: Full boost of each row, float64 (n,).
        budget: Share of genuine traffic that may be alerted, in (0, 1).

    Returns:
        The scale, and the joint threshold with it.
    """
    without = joint_threshold(surprises, shifts, budget)
    if not risk.any():
        return RiskShare(1.0, without)
    for step in range(STEPS, 0, -1):
        share = step / STEPS
        threshold = joint_threshold(with_risk(surprises, share * risk), shifts, budget)
        if threshold <= without + MOST_RISE:
            return RiskShare(share, threshold)
    return RiskShare(0.0, without)
