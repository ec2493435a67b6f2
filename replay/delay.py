"""Detection delay: frauds of a pattern before its first alert, with a bootstrap over cards."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles
from replay.measures import REPLICATES, interval


def detection_delay(
    amount: Doubles, caught: NDArray[np.bool_], card: NDArray[np.uint64], *, seed: int = 0
) -> dict[str, Any] | None:
    """Measure what passed before the first fraud that was caught.

    A replicate that draws no card with a caught fraud counts all of its frauds as passed, which is a lower
    bound.

    Args:
        amount: Amount of each fraud in order of time, float64 (n,).
        caught: Whether each fraud was alerted, bool (n,).
        card: Hash of each fraud's card, uint64 (n,).
        seed: Equal seeds give equal intervals.

    Returns:
        `transactions` and `amount` that passed, each with value, low and high; None where none is caught.
    """
    if not caught.any():
        return None
    _, cards = np.unique(card, return_inverse=True)
    rng, count = np.random.default_rng(seed), int(cards.max()) + 1
    drawn = [np.bincount(rng.integers(0, count, count), minlength=count)[cards] for _ in range(REPLICATES)]
    value = _passed(amount, caught, np.ones(len(card), np.int64))
    passed = np.array([_passed(amount, caught, weight) for weight in drawn])
    return {
        name: asdict(interval(value[k], passed[:, k])) for k, name in enumerate(("transactions", "amount"))
    }


def _passed(amount: Doubles, caught: NDArray[np.bool_], weight: NDArray[np.int64]) -> tuple[float, float]:
    """Return frauds and money before the first caught one; a row counts as often as its card was drawn."""
    hit = np.flatnonzero(caught & (weight > 0))
    first = int(hit[0]) if len(hit) else len(caught)
    return float(weight[:first].sum()), float(np.sum(weight[:first] * amount[:first]))
