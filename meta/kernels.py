"""Numba kernels of the scoring path: every sum in a fixed order, row by row.

A score is recomputed after a crash in another batch than before and must come out equal to the bit. So no
matrix library, no fused or reordered arithmetic: each row is summed in the order of its inputs, whichever
rows are beside it. Vectorisation runs over outputs (hidden units, detectors), which never meet in a sum.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from meta.arrays import Doubles, Floats, Ints

LIMIT = 5.0  # normalised inputs are clipped to +-5 standard deviations
KNOTS = 41  # knots of a curve, a quarter deviation apart: some patterns are a band of amounts no wider
CELLS = 128  # cells of the table that finds a segment of the normaliser
_PER_UNIT = (KNOTS - 1) / (2 * LIMIT)  # knots per standard deviation


@njit(cache=True)
def normalise(
    X: Floats, source: Floats, target: Floats, slope: Floats, start: Ints, scale: Floats, out: Floats
) -> None:
    """Map raw features (n, d) to normal scores in +-LIMIT: piecewise linear between `source` and `target`.

    `source`, `target` (d, q) ascending; `slope` (d, q + 1), outer ones extrapolate; `start` (d, CELLS) is the
    first segment of each cell, `scale` (d,) cells per raw unit. What is not a number becomes 0, the median.
    """
    one, limit = np.float32(1.0), np.float32(LIMIT)
    q = source.shape[1]
    for r in range(X.shape[0]):
        for f in range(source.shape[0]):
            v = X[r, f]
            if np.isnan(v):
                out[r, f] = np.float32(0.0)
                continue
            if v <= source[f, 0]:
                z = target[f, 0] + (v - source[f, 0]) * slope[f, 0]
            elif v >= source[f, q - 1]:
                z = target[f, q - 1] + (v - source[f, q - 1]) * slope[f, q]
            else:
                k = start[f, min(int((v - source[f, 0]) * scale[f]), CELLS - 1)]
                while v >= source[f, k + 1]:
                    k += 1
                z = target[f, k] + (v - source[f, k]) * slope[f, k + 1]
            out[r, f] = max(-limit, min(limit, z)) * one


@njit(cache=True)
def locate(tokens: Floats, index: Ints, weight: Floats) -> None:
    """Find for each token (n, m) the knot to its left and the share of the knot to its right."""
    limit, per_unit = np.float32(LIMIT), np.float32(_PER_UNIT)
    for r in range(tokens.shape[0]):
        for m in range(tokens.shape[1]):
            u = (tokens[r, m] + limit) * per_unit
            k = min(max(int(u), 0), KNOTS - 2)
            index[r, m] = k
            weight[r, m] = u - np.float32(k)


@njit(cache=True)
def curves(index: Ints, weight: Floats, table: Floats, bias: Floats, out: Floats) -> None:
    """Sum one piecewise-linear curve per token: out (n, e) = bias (e,) + curves of `table` (m, KNOTS, e)."""
    one = np.float32(1.0)
    m, width = table.shape[0], table.shape[2]
    for r in range(index.shape[0]):
        acc = out[r]
        for e in range(width):
            acc[e] = bias[e]
        for t in range(0, m - 1, 2):  # two tokens at a time: half the traffic to the accumulators
            k0, k1 = index[r, t], index[r, t + 1]
            w0, w1 = weight[r, t], weight[r, t + 1]
            v0, v1 = one - w0, one - w1
            a, b, c, d = table[t, k0], table[t, k0 + 1], table[t + 1, k1], table[t + 1, k1 + 1]
            for e in range(width):
                acc[e] = (((acc[e] + v0 * a[e]) + w0 * b[e]) + v1 * c[e]) + w1 * d[e]
        if m % 2:
            k0 = index[r, m - 1]
            w0 = weight[r, m - 1]
            v0 = one - w0
            a, b = table[m - 1, k0], table[m - 1, k0 + 1]
            for e in range(width):
                acc[e] = (acc[e] + v0 * a[e]) + w0 * b[e]


@njit(cache=True)
def dense(X: Floats, weight: Floats, bias: Floats, out: Floats) -> None:
    """Write an affine layer: out (n, h) = bias (h,) + X (n, i) times weight (i, h).

    Each sum is made in the order of the inputs.
    """
    inputs, width = weight.shape
    for r in range(X.shape[0]):
        acc, x = out[r], X[r]
        for j in range(width):
            acc[j] = bias[j]
        whole = inputs - inputs % 4
        for i in range(0, whole, 4):  # four inputs at a time: a quarter of the traffic to the accumulators
            x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
            a, b, c, d = weight[i], weight[i + 1], weight[i + 2], weight[i + 3]
            for j in range(width):
                acc[j] = (((acc[j] + x0 * a[j]) + x1 * b[j]) + x2 * c[j]) + x3 * d[j]
        for i in range(whole, inputs):
            x0, a = x[i], weight[i]
            for j in range(width):
                acc[j] = acc[j] + x0 * a[j]


@njit(cache=True)
def relu(X: Floats) -> None:
    """Set negative values to 0, in place."""
    zero = np.float32(0.0)
    for r in range(X.shape[0]):
        for j in range(X.shape[1]):
            X[r, j] = max(X[r, j], zero)


@njit(cache=True)
def squash(X: Floats) -> None:
    """Bring values into +-LIMIT smoothly, in place: x / (1 + |x| / LIMIT), exact division, no exponential."""
    one, inverse = np.float32(1.0), np.float32(1.0 / LIMIT)
    for r in range(X.shape[0]):
        for j in range(X.shape[1]):
            X[r, j] = X[r, j] / (one + abs(X[r, j]) * inverse)


@njit(cache=True, inline="always")
def _surprise(
    s: float, low: int, high: int, knots: Doubles, levels: Doubles, rate: float, ceiling: float
) -> np.float64:
    """Return the surprise of a score under the distribution at `low` to `high` (included)."""
    surprise: np.float64
    if s >= knots[high]:
        surprise = min(levels[high] + (s - knots[high]) * rate, ceiling)
    elif s <= knots[low]:
        surprise = levels[low]
    else:
        while high - low > 1:
            middle = (low + high) // 2
            if knots[middle] <= s:
                low = middle
            else:
                high = middle
        share = (s - knots[low]) / (knots[high] - knots[low])
        surprise = levels[low] + share * (levels[high] - levels[low])
    return surprise


@njit(cache=True)
def surprises(
    scores: Doubles,
    knots: Doubles,
    levels: Doubles,
    first: Ints,
    rates: Doubles,
    ceiling: float,
    out: Doubles,
) -> None:
    """Turn scores (n, e) into surprises (n, e), 0 to `ceiling`, each column by its own distribution.

    Column j's `knots` and `levels` stand at first[j]:first[j + 1], ascending; beyond the last knot the
    surprise grows by rates[j] per unit of score.
    """
    for r in range(scores.shape[0]):
        for j in range(scores.shape[1]):
            low, high = first[j], first[j + 1] - 1
            out[r, j] = _surprise(scores[r, j], low, high, knots, levels, rates[j], ceiling)


@njit(cache=True)
def decide_scores(
    scores: Doubles,
    knots: Doubles,
    levels: Doubles,
    first: Ints,
    rates: Doubles,
    ceiling: float,
    shifts: Doubles,
    reach: Doubles,
    per_level: float,
    best: Doubles,
    winner: Ints,
) -> None:
    """Take the highest of base (column 0) and detectors per row, each with its surprise and its shift.

    The earlier column wins a tie. A search among 500 knots takes 25 ns, and most detectors are far from the
    highest: where a score does not reach the level that leads, there is no search.

    Args:
        scores: Scores (n, 1 + e).
        knots: As in `surprises`.
        levels: As in `surprises`.
        first: As in `surprises`.
        rates: As in `surprises`.
        ceiling: The largest surprise.
        shifts: Added to each surprise, (1 + e,).
        reach: Below score reach[j, i], the surprise of column j is less than i / per_level, (1 + e, q).
        per_level: Steps of `reach` per unit of surprise.
        best: Filled in with the highest, (n,).
        winner: Filled in with its column - 1, (n,).
    """
    steps = reach.shape[1] - 1
    for r in range(scores.shape[0]):
        highest = _surprise(scores[r, 0], first[0], first[1] - 1, knots, levels, rates[0], ceiling)
        best[r], winner[r] = highest + shifts[0], -1
        for j in range(1, scores.shape[1]):
            s, ahead = scores[r, j], (best[r] - shifts[j]) * per_level
            if ahead >= 0.0 and s < reach[j, min(int(ahead), steps)]:
                continue
            found = _surprise(s, first[j], first[j + 1] - 1, knots, levels, rates[j], ceiling) + shifts[j]
            if found > best[r]:
                best[r], winner[r] = found, j - 1
