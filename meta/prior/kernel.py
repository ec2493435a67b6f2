"""Numba kernel that adds weighted distances to scores, in a fixed order (see `meta.kernels`)."""

from __future__ import annotations

import numpy as np
from numba import njit

from meta.arrays import Floats

ANCHORS = 32  # rows that a detector measures distances to; 50 detectors then cost 5 microseconds a row
_TINY = 1e-9  # least squared distance


@njit(cache=True)
def add_distances(plain: Floats, cross: Floats, weight: Floats, out: Floats) -> None:
    """Write out (n, e): plain score + weighted distances to the ANCHORS rows of each of e detectors.

    `plain` (n, 2 e) holds e scores without distances, then e squared norms of the row. `cross` (n, e *
    ANCHORS) holds squared norms of the anchors less twice the products with the row; it is overwritten.
    `weight` is (e, ANCHORS).
    """
    tiny, e = np.float32(_TINY), weight.shape[0]
    for r in range(plain.shape[0]):
        for j in range(e):
            far, norm, w = cross[r, j * ANCHORS : (j + 1) * ANCHORS], plain[r, e + j], weight[j]
            for i in range(ANCHORS):
                far[i] = np.sqrt(max(norm + far[i], tiny)) * w[i]
            half = ANCHORS // 2
            while half:  # pairs, then pairs of pairs: always the same order
                for i in range(half):
                    far[i] = far[i] + far[i + half]
                half //= 2
            out[r, j] = plain[r, j] + far[0]
