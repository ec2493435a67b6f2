"""Weights of the members of a portfolio, from how well each finds flags that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles

SHARPNESS = 3.0  # per unit of surprise: 1 to 4 give the same on validation data (docs/decisions/0008)
_ENOUGH = 3.5  # surprise; beyond it every member alerts, and a difference says nothing


def weigh(left_out: NDArray[np.float64], priors: Sequence[float]) -> Doubles:
    """Return the weights of members, float64 (e,), which add to 1.

    They are the softmax of each member's mean surprise on left-out flags, times its prior. Five flags tell a
    member that finds nothing from one that finds all, but not the better of two good ones. So the weights of
    good members stay close to their priors, which on average finds more later fraud than the single best.

    Args:
        left_out: Surprise of each flag under each member made without it, float64 (e, k). Not a number
            where a flag cannot be left out: a single flag leaves the priors as they are.
        priors: Weight of each member before any flag is seen, above 0.

    >>> weigh(np.array([[4.0, 4.0], [4.0, 4.0], [1.0, 0.0]]), (1.0, 1.0, 1.0)).round(2)
    array([0.5, 0.5, 0. ])
    """
    weights = np.array(priors, np.float64)
    if np.isfinite(left_out).all():
        found = np.minimum(left_out, _ENOUGH).mean(axis=1)
        weights = weights * np.exp(SHARPNESS * (found - found.max()))
    return np.asarray(weights / weights.sum())
