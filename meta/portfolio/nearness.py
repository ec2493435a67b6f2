"""Curves that rise towards the flags and away from genuine rows. They need no more than one flag.

A token's curve is its mean distance to genuine rows less its mean distance to the flags, as in the energy
distance, times how well that curve separates the flags. A token on which the flags look usual counts nothing.

Source: Székely, Rizzo 2013, «Energy statistics: a class of statistics based on distances».
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles, Floats
from meta.portfolio.basis import KNOT_SCORES


def usual_distance(genuine: Floats) -> Doubles:
    """Return the mean distance of genuine normal scores (n, t) from each knot, float64 (t, KNOTS)."""
    return np.stack([np.abs(KNOT_SCORES[:, None] - scores).mean(axis=1) for scores in genuine.T])


def near_curves(fraud: Floats, usual: Doubles, parts: NDArray[np.bool_]) -> Doubles:
    """Return one curve per token for each part of the flags.

    Args:
        fraud: Normal scores of the flags, float32 (k, t).
        usual: Mean distance of genuine rows from each knot, float64 (t, KNOTS).
        parts: Which flags are in each part, bool (p, k).

    Returns:
        Curves float64 (p, t, KNOTS); a constant 0 for a token that does not separate.
    """
    from_flags = np.abs(KNOT_SCORES - fraud[:, :, None].astype(np.float64))
    shares = parts / parts.sum(axis=1, keepdims=True)
    curves = usual - np.einsum("pk,ktn->ptn", shares, from_flags)
    nearest = np.abs(from_flags).argmin(axis=2)
    at_flags = np.take_along_axis(curves[:, None], nearest[None, :, :, None], axis=3)[..., 0]
    separation = np.einsum("pk,pkt->pt", shares, at_flags)
    return np.asarray(np.maximum(separation, 0.0)[:, :, None] * curves)
