"""Confidence intervals of measured shares."""

from __future__ import annotations

import numpy as np

from meta.arrays import Doubles

_RESAMPLES = 200
_SEED = 5


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
