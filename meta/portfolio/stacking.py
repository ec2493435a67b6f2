"""Weights of the members of a portfolio, from how well each finds flags that it has not seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles

SHARPNESS = 2.0  # per unit of surprise: docs/decisions/0008 lists what others gave on validation data
_ENOUGH = 4.5  # surprise; beyond it every member alerts, and a difference says nothing


def weigh(left_out: NDArray[np.float64]) -> Doubles:
    """Return the weights of members, float64 (e,), which add to 1.

    They are the softmax of each member's mean surprise on left-out flags. Five flags tell a member that
    finds nothing from one that finds all, but not the better of two good ones; so the weights stay close to
    equal among good members, which on average finds more later fraud than the single best.

    Args:
        left_out: Surprise of each flag under each member made without it, float64 (e, k). Not a number
            where a flag cannot be left out: a single flag gives equal weights.

    >>> weigh(np.array([[4.0, 4.0], [4.0, 4.0], [1.0, 0.0]])).round(2)
    array([0.5, 0.5, 0. ])
    """
    if not np.isfinite(left_out).all():
        return np.full(len(left_out), 1.0 / len(left_out))
    found = np.minimum(left_out, _ENOUGH).mean(axis=1)
    weights = np.exp(SHARPNESS * (found - found.max()))
    return np.asarray(weights / weights.sum())
