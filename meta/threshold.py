"""The joint threshold where no traffic measures it: of a base alone, and after a detector is retired."""

from __future__ import annotations

import math


def first_threshold(budget: float) -> float:
    """Return the threshold of a base alone, as surprise: its tail is the budget.

    >>> first_threshold(0.001)
    3.0
    """
    return -math.log10(budget)


def threshold_without(*, in_force: float, budget: float, detectors: int) -> float:
    """Return the threshold once one of `detectors` live ones is gone, as surprise.

    Each detector is assumed to use as much of the budget as the others. Without any, the threshold is the
    one of the base alone.

    >>> threshold_without(in_force=3.3, budget=0.001, detectors=1)
    3.0
    """
    beside_base = max(0.0, budget * 10.0**in_force - 1.0)
    left = beside_base * (detectors - 1) / max(detectors, 1)
    return math.log10((1.0 + left) / budget)
