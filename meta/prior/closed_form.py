"""Regularised least squares on lines, folds at 0 and distances to the flags, in closed form.

The score of a row z is a line and a fold |z| for each token, and a weighted sum of distances to anchors. The
distance is the kernel of energy statistics (Székely and Rizzo 2013): it needs no length scale. Penalties,
token weights and prior mean come from outside, so that they can be learned across tasks (Bertinetto et al.
2019, arXiv:1805.08136).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles

Matrix = NDArray[np.float64]

LEVEL = 3.0  # of the kernel `LEVEL - distance`, in mean distances: positive definite up to tiny errors
JITTER = 1e-3  # added to the kernel's diagonal


@dataclass(frozen=True)
class Prior:
    """What regularises one solution.

    Attributes:
        line: Scale of each token's line, float64 (t,); the penalty on its weight is `penalty / line**2`.
        fold: Scale of each token's fold, float64 (t,).
        metric: Weight of each token in distances, float64 (t,).
        line_mean: Expected weight of each scaled line, float64 (t,).
        fold_mean: Expected weight of each scaled fold, float64 (t,).
        distance: Scale of the distances' part.
        penalty: Penalty per row on the squared weights.
    """

    line: Doubles
    fold: Doubles
    metric: Doubles
    line_mean: Doubles
    fold_mean: Doubles
    distance: float
    penalty: float


@dataclass(frozen=True)
class Solution:
    """A score: intercept + lines + folds + distances.

    Attributes:
        line: Weight of each token's z, float64 (t,).
        fold: Weight of each token's |z|, float64 (t,).
        anchors: Anchors multiplied by the metric, float64 (m, t).
        metric: Weight of each token in distances, float64 (t,).
        distance: Weight of the distance to each anchor, float64 (m,).
        intercept: Constant.
    """

    line: Doubles
    fold: Doubles
    anchors: Matrix
    metric: Doubles
    distance: Doubles
    intercept: float

    def score(self, Z: Matrix) -> Doubles:
        """Return the score float64 (n,) of normal scores (n, t)."""
        distances = distances_between(Z * self.metric, self.anchors)
        return np.asarray(Z @ self.line + np.abs(Z) @ self.fold + distances @ self.distance + self.intercept)


@dataclass(frozen=True)
class Rows:
    """Rows to fit, with what does not depend on the prior: computed once for all parts of an episode.

    Attributes:
        Z: Normal scores float64 (n, t).
        plain: z, |z| and 1 of each row, float64 (n, 2 t + 1).
        gram: Mean product of each two columns of `plain`.
    """

    Z: Matrix
    plain: Matrix
    gram: Matrix

    @classmethod
    def of(cls, Z: Matrix) -> Rows:
        """Prepare normal scores float64 (n, t)."""
        plain = np.concatenate([Z, np.abs(Z), np.ones((len(Z), 1))], axis=1)
        return cls(Z, plain, plain.T @ plain / len(Z))

    def moments(self, scale: Doubles, far: Matrix) -> tuple[Matrix, Doubles]:
        """Return mean products (p, p) and means (p,) of the scaled plain columns and of `far` (n, m)."""
        n, width = self.plain.shape
        p = width + far.shape[1]
        gram, means = np.empty((p, p)), np.empty(p)
        gram[:width, :width] = scale[:, None] * self.gram * scale
        gram[:width, width:] = scale[:, None] * (self.plain.T @ far) / n
        gram[width:, :width] = gram[:width, width:].T
        gram[width:, width:] = far.T @ far / n
        means[:width], means[width:] = scale * self.gram[-1], far.mean(0)
        return gram, means


def solve(flags: Matrix, genuine: Rows, anchors: Matrix, prior: Prior) -> Solution:
    """Fit flags to +1 and genuine rows to -1; both groups weigh the same.

    Args:
        flags: Normal scores float64 (k, t).
        genuine: Background rows.
        anchors: Normal scores float64 (m, t) of the rows to measure distances to.
        prior: What regularises the solution.

    Returns:
        The score, -1 to 1 on the rows that were fitted well.
    """
    at = anchors * prior.metric
    far = [distances_between(Z * prior.metric, at) for Z in (flags, genuine.Z)]
    unit = float(far[1].mean())
    scale = np.concatenate([prior.line, prior.fold, np.ones(1)])
    (of_flags, flagged), (of_genuine, usual) = (
        rows.moments(scale, prior.distance * (LEVEL - d / unit))
        for rows, d in zip((Rows.of(flags), genuine), far, strict=True)
    )
    penalty = _penalty(distances_between(at, at) / unit, prior)
    mean = np.concatenate([prior.line_mean, prior.fold_mean, np.zeros(len(anchors) + 1)])
    wanted = 0.5 * (flagged - usual) + penalty @ mean
    weights = np.linalg.solve(0.5 * (of_flags + of_genuine) + penalty, wanted)
    return _solution(weights, at, unit, prior)


def distances_between(A: Matrix, B: Matrix) -> Matrix:
    """Return Euclidean distances (n, m) of the rows of A (n, t) and B (m, t)."""
    squared = (A * A).sum(1)[:, None] + (B * B).sum(1) - 2 * A @ B.T
    return np.asarray(np.sqrt(np.maximum(squared, 1e-9)))  # 1e-9: training needs a slope


def _penalty(between: Matrix, prior: Prior) -> Matrix:
    """Return the penalty (p, p); the intercept has none."""
    t, m = len(prior.line), len(between)
    out = np.zeros((2 * t + 1 + m,) * 2)
    lines = np.arange(2 * t)
    out[lines, lines] = prior.penalty
    out[2 * t + 1 :, 2 * t + 1 :] = prior.penalty * (LEVEL - between + JITTER * np.eye(m))
    return out


def _solution(weights: Doubles, at: Matrix, unit: float, prior: Prior) -> Solution:
    t = len(prior.line)
    line, fold, intercept, far = weights[:t], weights[t : 2 * t], weights[2 * t], weights[2 * t + 1 :]
    return Solution(
        line * prior.line,
        fold * prior.fold,
        at,
        prior.metric,
        -far * prior.distance / unit,
        float(intercept + LEVEL * prior.distance * far.sum()),
    )
