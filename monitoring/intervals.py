"""How sure a measured share is."""

from __future__ import annotations

import math

import numpy as np

from meta.arrays import Doubles

Z95 = 1.959964  # two-sided 95%
Z999 = 3.290527  # two-sided 99.9%
_RESAMPLES = 200
_SEED = 5


def wilson(hits: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Bounds of a share of `hits` in `n`; 0 to 1 where nothing was counted. Source: Wilson 1927.

    >>> [round(bound, 2) for bound in wilson(9, 10)]
    [0.6, 0.98]
    """
    if n <= 0:
        return 0.0, 1.0
    share, z2 = hits / n, z * z / n
    middle, reach = share + z2 / 2, z * math.sqrt(share * (1 - share) / n + z2 / (4 * n))
    return max(0.0, (middle - reach) / (1 + z2)), min(1.0, (middle + reach) / (1 + z2))


def average_precision(frauds: Doubles, others: Doubles) -> Doubles:
    """Average precision of binned scores, highest bin last; frauds (..., bins), others (bins,) -> (...,).

    What lies in one bin counts as tied: precision is taken at the bin's lower end.
    """
    caught = np.cumsum(frauds[..., ::-1], axis=-1)
    alarmed = caught + np.cumsum(others[::-1])
    precision = caught / np.maximum(alarmed, 1e-12)
    whole = np.maximum(frauds.sum(axis=-1), 1e-12)
    return np.asarray(np.sum(frauds[..., ::-1] * precision, axis=-1) / whole)


def bootstrap_average_precision(frauds: Doubles, others: Doubles) -> tuple[float, float]:
    """95% bounds of the average precision, frauds (bins,) drawn anew; equal counts give equal bounds."""
    n = int(frauds.sum())
    if n == 0:
        return 0.0, 1.0
    drawn = np.random.default_rng(_SEED).multinomial(n, frauds / frauds.sum(), size=_RESAMPLES)
    low, high = np.quantile(average_precision(drawn.astype(np.float64), others), (0.025, 0.975))
    return float(low), float(high)
