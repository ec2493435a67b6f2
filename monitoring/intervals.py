"""Confidence intervals of measured shares."""

from __future__ import annotations

import math

import numpy as np

from meta.arrays import Doubles

Z95 = 1.959964  # two-sided 95%
Z999 = 3.290527  # two-sided 99.9%
_RESAMPLES = 200
_SEED = 5


def wilson(hits: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Return the Wilson interval of a share.

    Source: Wilson 1927, Probable Inference, the Law of Succession, and Statistical Inference.

    Args:
        hits: number of successes, 0 to `n`; may be fractional.
        n: number of trials.
        z: quantile of the normal distribution, 1.96 for a 95% interval.

    Returns:
        Lower and upper bound; 0 and 1 where `n` is 0.

    Example:
        >>> [round(bound, 2) for bound in wilson(9, 10)]
        [0.6, 0.98]
    """
    if n <= 0:
        return 0.0, 1.0
    share, z2 = hits / n, z * z / n
    middle, reach = share + z2 / 2, z * math.sqrt(share * (1 - share) / n + z2 / (4 * n))
    return max(0.0, (middle - reach) / (1 + z2)), min(1.0, (middle + reach) / (1 + z2))


def average_precision(frauds: Doubles, others: Doubles) -> Doubles:
    """Return the average precision of binned scores.

    All scores of a bin are tied: precision is taken at the lower end of the bin.

    Args:
        frauds: number of frauds in each bin, (..., bins), the highest scores last.
        others: number of other transactions in each bin, (bins,).

    Returns:
        Average precision, 0 to 1, (...,).
    """
    caught = np.cumsum(frauds[..., ::-1], axis=-1)
    alarmed = caught + np.cumsum(others[::-1])
    precision = caught / np.maximum(alarmed, 1e-12)
    whole = np.maximum(frauds.sum(axis=-1), 1e-12)
    return np.asarray(np.sum(frauds[..., ::-1] * precision, axis=-1) / whole)


def bootstrap_average_precision(frauds: Doubles, others: Doubles) -> tuple[float, float]:
    """Return 95% bounds of the average precision by resampling the frauds; equal counts give equal bounds.

    Args:
        frauds: number of frauds in each bin, (bins,), the highest scores last.
        others: number of other transactions in each bin, (bins,).

    Returns:
        Lower and upper bound; 0 and 1 where there are no frauds.
    """
    n = int(frauds.sum())
    if n == 0:
        return 0.0, 1.0
    drawn = np.random.default_rng(_SEED).multinomial(n, frauds / frauds.sum(), size=_RESAMPLES)
    low, high = np.quantile(average_precision(drawn.astype(np.float64), others), (0.025, 0.975))
    return float(low), float(high)
