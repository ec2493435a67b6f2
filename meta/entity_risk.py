"""What confirmed frauds of an entity weigh: how they fade, raise a score, and when they make a block."""

from __future__ import annotations

import math
from collections.abc import Sequence

MOST_BOOST = 4.0
"""In surprise: with it, what one in ten transactions surprises by is over a budget of one in 10,000."""
PER_DOUBLING = 2.0
"""Surprise for each doubling of one more than the confirmed frauds."""
ENOUGH = 2.0
"""Cards with a confirmed fraud that make a shared entity suspect."""
STILL = 0.05
"""How much of the count may have faded: two frauds within a day of a half-life of two weeks are still two."""


def boost(frauds: float) -> float:
    """Surprise that confirmed frauds add, faded as they are by now.

    >>> boost(1.0), boost(0.0)
    (2.0, 0.0)
    """
    return min(PER_DOUBLING * math.log2(1.0 + max(frauds, 0.0)), MOST_BOOST)


def faded(count: float, age_s: float, half_life_s: float) -> float:
    """What is left of a count `age_s` seconds after it was taken; before, it counts whole.

    >>> faded(2.0, 60.0, 60.0), faded(2.0, -5.0, 60.0)
    (1.0, 2.0)
    """
    return count * math.pow(2.0, -max(age_s, 0.0) / half_life_s)


def is_suspect(cards: float) -> bool:
    """Whether so many cards with a confirmed fraud, faded, make an entity that they share suspect.

    >>> is_suspect(1.0), is_suspect(1.96)
    (False, True)
    """
    return cards >= ENOUGH - STILL


def affordable(shares: Sequence[float], budget: float) -> list[bool]:
    """Which entities can be blocked, the first first, so that all together carry no more than the budget.

    `shares` are theirs of recent traffic, 0 to 1.

    >>> affordable([0.0006, 0.0007, 0.0003], 0.001)
    [True, False, True]
    """
    left, fits = budget, []
    for share in shares:
        fits.append(share <= left)
        left -= share if fits[-1] else 0.0
    return fits
