"""The score that a small share of genuine traffic exceeds, also where few rows have been seen."""

from __future__ import annotations

import numpy as np

from meta.arrays import Doubles

FEWEST_SCORES = 300
"""Scores below which no quantile is estimated."""
_EXCEEDING = 30.0
"""Rows over a level from which the level itself is measured; a count of 30 has a standard error of 18%."""
_HIGHEST_SHARE = 0.2
"""Share of the rows that count as the tail at most."""


def upper_quantile(descending: Doubles, weight: Doubles, share: float) -> float:
    """Return the level that `share` of weighted scores exceeds.

    Where at least 30 rows exceed the level, it is the weighted quantile. Where fewer do, it continues the
    exponential tail of the 30 highest rows (Pickands 1975, shape 0), with its mean excess one standard error
    higher: a level that is too high costs a few alerts for an hour, a level that is too low floods the queue.

    Args:
        descending: Scores, highest first, float64 (n,), n >= 300.
        weight: Weight of each, 0 or more, float64 (n,).
        share: Share of the weight above the level, in (0, 1).

    Raises:
        ValueError: There are fewer than 300 scores.

    >>> scores = -np.log10((np.arange(1_000) + 0.5) / 1_000)
    >>> round(upper_quantile(scores, np.ones(1_000), 0.1), 2)
    1.0
    >>> round(upper_quantile(scores, np.ones(1_000), 0.001), 1)
    3.2
    """
    if len(descending) < FEWEST_SCORES:
        raise ValueError(f"{len(descending)} scores, allowed {FEWEST_SCORES} or more")
    above = np.cumsum(weight)
    rows = float(above[-1] ** 2 / np.sum(weight**2))
    measured = min(max(share, _EXCEEDING / rows), max(share, _HIGHEST_SHARE))
    at = min(int(np.searchsorted(above, measured * above[-1])), len(descending) - 1)
    level = float(descending[at])
    if share >= measured:
        return level
    excess = float(np.average(descending[: at + 1] - level, weights=weight[: at + 1]))
    upper = excess * (1.0 + 1.0 / float(np.sqrt(measured * rows)))
    return level + upper * float(np.log(measured / share))
