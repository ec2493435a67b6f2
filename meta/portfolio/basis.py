"""Functions of a token that closed forms weigh. A weighted sum of them is a curve of the scoring kernel."""

from __future__ import annotations

import numpy as np

from meta.arrays import Doubles, Floats, Ints
from meta.kernels import KNOTS, LIMIT

_SPACING = 5  # knots between hats: nine hats, 1.25 deviations apart
KNOT_SCORES: Doubles = np.linspace(-LIMIT, LIMIT, KNOTS)
"""Normal score of each knot, float64 (KNOTS,)."""


def _hat(centre: int) -> Doubles:
    return np.maximum(0.0, 1.0 - np.abs(np.arange(KNOTS) - centre) / _SPACING)


FUNCTIONS: Floats = np.array(
    [KNOT_SCORES, np.abs(KNOT_SCORES), *(_hat(centre) for centre in range(0, KNOTS, _SPACING))], np.float32
)
"""Value of each function at each knot, float32 (f, KNOTS): the score, its distance from 0, and hats."""
LINE, BEND, HATS = (0,), (1,), tuple(range(2, len(FUNCTIONS)))
"""Places of the functions in `FUNCTIONS`."""


def values(index: Ints, weight: Floats) -> Floats:
    """Return the functions of located tokens (n, t), float32 (n, t, f)."""
    share = weight[:, :, None]
    at_knots = FUNCTIONS.T
    return np.asarray((1.0 - share) * at_knots[index] + share * at_knots[index + 1], np.float32)


def curves(weights: Doubles) -> Floats:
    """Return the curves float32 (..., t, KNOTS) that weights (..., t, f) of the functions sum to."""
    return np.asarray(weights @ FUNCTIONS.astype(np.float64), np.float32)
