"""Detect when a stream of figures changed, with ADWIN; used on precision and alert rate.

Source: Bifet and Gavalda 2007, Learning from Time-Changing Data with Adaptive Windowing. River implements it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

DELTA = 0.002
"""Probability of a false detection; the default of River."""


@dataclass(frozen=True)
class ChangePoint:
    """One detected change."""

    seen_at: int
    """Index of the figure at which the change was detected, from 0."""
    before: float
    """Mean of the window before the detection."""
    after: float
    """Mean of the window after older figures were dropped."""


def detect_changes(figures: Iterable[float]) -> list[ChangePoint]:
    """Run ADWIN over the figures in their order.

    Args:
        figures: values of 0 to 1.

    Returns:
        Every change that ADWIN detects, in order.

    Example:
        >>> [change.seen_at for change in detect_changes([0.0] * 200 + [1.0] * 50)]
        [223]
    """
    # Imported here: River loads pandas and scipy, which other readers of alarms do not need.
    from river.drift import ADWIN

    new: Any = ADWIN  # River's methods have no types
    adwin, found, before = new(delta=DELTA), [], 0.0
    for number, figure in enumerate(figures):
        adwin.update(figure)
        if adwin.drift_detected:
            found.append(ChangePoint(number, before, adwin.estimation))
        else:
            before = adwin.estimation
    return found
