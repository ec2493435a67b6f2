"""Tries a base on stored traffic before it is announced."""

from __future__ import annotations

import numpy as np

from meta.arrays import Floats
from meta.base import BaseModel
from meta.calibration import Tails
from meta.threshold import first_threshold

WITHIN = 10.0
"""Times the budget that a base may alert over or under it; steering corrects such an error within a day."""
_EXPECTED = 20  # alerts; with fewer expected ones, too few alerts say nothing


class UnfitBase(ValueError):
    """A base whose scores of stored traffic are not finite, or far from its budget."""


def probe_base(
    model: BaseModel, tails: Tails, rows: Floats, *, budget: float, within: float = WITHIN
) -> float:
    """Score stored transactions, and compare the share that would be alerted with the budget.

    Args:
        model: The base.
        tails: Tails of its scores on genuine traffic.
        rows: Raw features of recent transactions, float32 (n, d); with n of 0 nothing is compared.
        budget: Share of genuine traffic that may be alerted, in (0, 1).
        within: Most times that the share may be over or under the budget, 1 or more.

    Returns:
        The share of rows that a threshold of the budget would alert; 0 without rows.

    Raises:
        UnfitBase: A score is not finite, or the share is too far from the budget.
    """
    if not len(rows):
        return 0.0
    scores = model.score(rows)
    if broken := int(np.sum(~np.isfinite(scores))):
        raise UnfitBase(f"{broken} of {len(rows)} stored transactions get a score that is not finite")
    alerted = int(np.sum(tails.surprise(scores) > first_threshold(budget)))
    share, expected = alerted / len(rows), budget * len(rows)
    low = expected / within if expected >= _EXPECTED else 0.0
    if not low <= alerted <= max(expected, 1.0) * within:
        raise UnfitBase(
            f"{alerted} of {len(rows)} stored transactions would be alerted, {share:.3%}; the budget is "
            f"{budget:.3%}, allowed is {within:g} times over or under it"
        )
    return share
