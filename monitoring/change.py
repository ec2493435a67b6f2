"""Has a stream of figures changed, and when: ADWIN over precision and alert rate.

Source: Bifet and Gavalda 2007, Learning from Time-Changing Data with Adaptive Windowing; by River.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

DELTA = 0.002
"""Chance of seeing a change where there is none, as the paper and River have it."""


@dataclass(frozen=True)
class Change:
    """Seen at the figure number `seen_at` (from 0); the mean of the figures kept before and after."""

    seen_at: int
    before: float
    after: float


def changes(figures: Iterable[float]) -> list[Change]:
    """Every change that ADWIN sees in figures of 0 to 1, in their order.

    >>> [change.seen_at for change in changes([0.0] * 200 + [1.0] * 50)]
    [223]
    """
    from river.drift import ADWIN  # brings pandas and scipy, which nobody else who reads alarms needs

    new: Any = ADWIN  # River's methods have no types
    adwin, found, before = new(delta=DELTA), [], 0.0
    for number, figure in enumerate(figures):
        adwin.update(figure)
        if adwin.drift_detected:
            found.append(Change(number, before, adwin.estimation))
        else:
            before = adwin.estimation
    return found
