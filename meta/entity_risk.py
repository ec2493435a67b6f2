"""The weight of confirmed frauds at an entity: how they fade, raise scores, and lead to blocks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from meta.arrays import Doubles, Rows

MOST_BOOST = 4.0
"""Largest boost, in surprise. It lifts one in ten transactions over a budget of one in 10,000."""
PER_DOUBLING = 2.0
"""Surprise for each doubling of the number of confirmed frauds plus one."""
ENOUGH = 2.0
"""Cards with a confirmed fraud that make a shared entity suspect."""
STILL = 0.05
"""Part of a count that may have faded: at a half-life of two weeks, two frauds count as two for a day."""


def boost(frauds: float) -> float:
    """Return the surprise that a faded number of confirmed frauds adds.

    >>> boost(1.0), boost(0.0)
    (2.0, 0.0)
    """
    return min(PER_DOUBLING * math.log2(1.0 + max(frauds, 0.0)), MOST_BOOST)


def boosts_of_rows(counts: Iterable[tuple[Rows, float]], rows: int) -> Doubles:
    """Return the surprise that confirmed frauds add to each row, float64 (rows,).

    A row of several entities gets the largest boost.

    Args:
        counts: For each entity with confirmed frauds, its rows and how many of the frauds still count.
        rows: Number of rows in all.

    >>> boosts_of_rows([(np.array([0, 2]), 1.0), (np.array([2]), 3.0)], 3).tolist()
    [2.0, 0.0, 4.0]
    """
    raised = np.zeros(rows)
    for at, frauds in counts:
        raised[at] = np.maximum(raised[at], boost(frauds))
    return raised


def faded(count: float, age_s: float, half_life_s: float) -> float:
    """Return what is left of a count `age_s` seconds after it was taken; at a negative age all of it is left.

    >>> faded(2.0, 60.0, 60.0), faded(2.0, -5.0, 60.0)
    (1.0, 2.0)
    """
    return count * math.pow(2.0, -max(age_s, 0.0) / half_life_s)


MOST_COUNTED = 2.0 * ENOUGH
"""Cards that count at most once a transaction is found genuine: two such lift a block of twenty frauds."""


def doubted(cards: float, genuine: int) -> float:
    """Return what is left of cards with a confirmed fraud; each transaction found `genuine` there halves it.

    >>> doubted(20.0, 1), doubted(20.0, 2), doubted(2.0, 1)
    (2.0, 1.0, 1.0)
    """
    return min(cards, MOST_COUNTED) / 2.0**genuine


def genuine_share(frauds: float, passed: float) -> float:
    """Return the share of an entity's next transactions that is expected to be genuine, 0 to 1.

    `passed` of its transactions came since its first confirmed fraud, `frauds` of them were confirmed
    (Laplace's rule of succession).

    >>> genuine_share(2.0, 2.0), genuine_share(2.0, 398.0)
    (0.25, 0.9925)
    """
    return (1.0 + max(passed - frauds, 0.0)) / (2.0 + max(passed, frauds))


LEFT_BY_BLOCKS = 0.5
"""Part of the budget that base and detectors keep, even if blocks are expected to cost more."""


def left_by_blocks(budget: float, cost: float) -> float:
    """Return the budget of base and detectors where blocks are expected to meet `cost` of genuine traffic.

    >>> left_by_blocks(0.001, 0.0002), left_by_blocks(0.001, 0.002)
    (0.0008, 0.0005)
    """
    return max(budget - cost, LEFT_BY_BLOCKS * budget)


LEAST_DAYS = 1.0
"""Days of traffic that count at least: an entity may have had frauds before its first confirmed one."""


def genuine_traffic(share: float, per_day: float, frauds: float, days: float) -> float:
    """Return the share of all traffic, 0 to 1, that is genuine and passes an entity, as expected.

    Args:
        share: Share of all traffic that passes the entity, 0 to 1.
        per_day: Transactions a day in all.
        frauds: Confirmed frauds of the entity.
        days: Days in which they were confirmed.

    >>> genuine_traffic(0.001, 2000.0, 2.0, 0.5)
    0.00025
    """
    return share * genuine_share(frauds, share * per_day * max(days, LEAST_DAYS))


def is_suspect(cards: float) -> bool:
    """Return whether a faded number of cards with a confirmed fraud makes a shared entity suspect.

    >>> is_suspect(1.0), is_suspect(1.96)
    (False, True)
    """
    return cards >= ENOUGH - STILL


def affordable(shares: Sequence[float], budget: float) -> list[bool]:
    """Return which entities can be blocked, in order, so that all together stay within the budget.

    Args:
        shares: Share of traffic that is genuine and passes each entity, 0 to 1.
        budget: Share of genuine traffic that blocks may meet.

    >>> affordable([0.0006, 0.0007, 0.0003], 0.001)
    [True, False, True]
    """
    left, fits = budget, []
    for share in shares:
        fits.append(share <= left)
        left -= share if fits[-1] else 0.0
    return fits
