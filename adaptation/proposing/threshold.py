"""The joint threshold where the gate has no say: for a base alone, and for a stack that loses a detector."""

from __future__ import annotations

import math


def first_threshold(budget: float) -> float:
    """Threshold of a base alone, as surprise: the tail that is the budget.

    >>> first_threshold(0.001)
    3.0
    """
    return -math.log10(budget)


def threshold_without(*, in_force: float, budget: float, detectors: int) -> float:
    """Threshold once one of `detectors` live ones is gone: each is taken to use as much as the others.

    With none left it is the base's own.

    >>> threshold_without(in_force=3.3, budget=0.001, detectors=1)
    3.0
    """
    beside_base = max(0.0, budget * 10.0**in_force - 1.0)
    left = beside_base * (detectors - 1) / max(detectors, 1)
    return math.log10((1.0 + left) / budget)
