"""Confidence interval of a share."""

from __future__ import annotations

import math

Z95 = 1.959964  # two-sided 95%
Z999 = 3.290527  # two-sided 99.9%


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
