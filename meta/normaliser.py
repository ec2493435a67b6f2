"""Raw features to normal scores: the median becomes 0, the 97.7% quantile 2, and what lies beyond goes on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import NormalDist

import numpy as np

from meta import kernels
from meta.arrays import Doubles, Floats, Ints, Tensors, matrix

_SCORES = np.linspace(-4.0, 4.0, 33)  # every quarter deviation; the outermost is 1 row in 30,000
_FEW = 12  # a feature with fewer values than this is scaled, not ranked


@dataclass(frozen=True)
class Normaliser:
    """Piecewise-linear map per token; `source` and `target` are float32 (t, 33), ascending in each row.

    Tokens are the d raw features and, behind them, differences of two features each: `differences` int32 (e,
    2). An amount less its ratio to what is usual is what is usual, and curves, one per token, cannot
    subtract.
    """

    source: Floats
    target: Floats
    differences: Ints = field(default_factory=lambda: np.zeros((0, 2), np.int32))

    @classmethod
    def fit(
        cls, X: Floats, ignore: Collection[int] = (), differences: Sequence[tuple[int, int]] = ()
    ) -> Normaliser:
        """Learn the map from genuine rows (n, d); 100,000 rows fix the outermost quantiles well enough.

        A constant column and the columns in `ignore` always map to 0: nothing was learned about their other
        values.
        """
        between = np.array(differences, np.int32).reshape(-1, 2)
        wide = _widened(X, between)
        pairs = [_column(wide[:, j].astype(np.float64), j in ignore) for j in range(wide.shape[1])]
        source = np.array([p[0] for p in pairs], dtype=np.float32)
        target = np.array([p[1] for p in pairs], dtype=np.float32)
        return cls(source, target, between)

    @classmethod
    def from_tensors(cls, tensors: Tensors) -> Normaliser:
        """Rebuild from `tensors()`."""
        none = np.zeros((0, 2), np.int32)  # artifacts of models without differences need not say so
        differences = tensors.get("normaliser.differences", none)
        return cls(tensors["normaliser.source"], tensors["normaliser.target"], differences)

    def tensors(self) -> Tensors:
        """Return what an artifact stores."""
        return {
            "normaliser.source": self.source,
            "normaliser.target": self.target,
            "normaliser.differences": self.differences,
        }

    @property
    def columns(self) -> int:
        """Number of raw features, d."""
        return self.tokens - len(self.differences)

    @property
    def tokens(self) -> int:
        """Number of tokens, t = d + e."""
        return int(self.source.shape[0])

    def __call__(self, X: Floats) -> Floats:
        """Return normal scores float32 (n, t) in +-5 for raw features (n, d)."""
        X = _widened(matrix(X, self.columns, "features"), self.differences)
        out = np.empty(X.shape, np.float32)
        slope, start, scale = self._lookup
        kernels.normalise(X, self.source, self.target, slope, start, scale, out)
        return out

    @cached_property
    def _lookup(self) -> tuple[Floats, Ints, Floats]:
        slope = np.array([_slopes(s, t) for s, t in zip(self.source, self.target, strict=True)], np.float32)
        reach = (self.source[:, -1] - self.source[:, 0]).astype(np.float64)
        scale = (kernels.CELLS / reach).astype(np.float32)
        cells = self.source[:, :1] + reach[:, None] * np.arange(kernels.CELLS) / kernels.CELLS
        start = [
            # one to the left: rounding may put a value into the cell after its own
            np.clip(np.searchsorted(s, c, "right") - 2, 0, len(s) - 2)
            for s, c in zip(self.source, cells, strict=True)
        ]
        return slope, np.array(start, np.int32), scale


def _widened(X: Floats, differences: Ints) -> Floats:
    if len(differences) == 0:
        return X
    return np.concatenate([X, X[:, differences[:, 0]] - X[:, differences[:, 1]]], axis=1)


def _column(x: Doubles, ignored: bool) -> tuple[Doubles, Doubles]:
    x = x[np.isfinite(x)]
    if ignored or len(x) == 0 or np.ptp(x) == 0:
        return _SCORES.copy(), np.zeros(len(_SCORES))
    levels = np.unique(x[:: max(1, len(x) // 20_000)])
    if len(levels) < _FEW:
        return _scaled(x)
    normal = NormalDist()
    quantiles = np.quantile(x, [normal.cdf(z) for z in _SCORES])
    # in float32, as they are kept: two that round to one would divide by nothing
    knots, first = np.unique(quantiles.astype(np.float32).astype(np.float64), return_index=True)
    if len(knots) < 3:
        return _scaled(x)
    # a value that fills several quantiles stands for their middle
    last = np.r_[first[1:], len(_SCORES)] - 1
    scores = (_SCORES[first] + _SCORES[last]) / 2
    return _stretch(knots, scores)


def _scaled(x: Doubles) -> tuple[Doubles, Doubles]:
    middle, deviation = float(np.mean(x)), float(np.std(x))
    reach = 4 * max(deviation, 1e-3)
    return np.linspace(middle - reach, middle + reach, len(_SCORES)), _SCORES.copy()


def _stretch(knots: Doubles, scores: Doubles) -> tuple[Doubles, Doubles]:
    """Return as many knots as `_SCORES` has, the same line: the shape of the arrays must not vary."""
    spare = len(_SCORES) - len(knots)
    at = np.argsort(-np.diff(knots), kind="stable")[:1]
    extra = knots[at] + np.diff(knots)[at] * np.arange(1, spare + 1) / (spare + 1)
    wide = np.sort(np.r_[knots, extra])
    return wide, np.interp(wide, knots, scores)


def _slopes(source: Floats, target: Floats) -> Doubles:
    s, t = source.astype(np.float64), target.astype(np.float64)
    inner = np.diff(t) / np.maximum(np.diff(s), 1e-12)
    return np.concatenate([[_tail(s, t, low=True)], inner, [_tail(s, t, low=False)]])


def _tail(s: Doubles, t: Doubles, *, low: bool) -> float:
    """Slope beyond the last knot, over all of the tail: the outermost segment alone is one or two rows."""
    inside = np.flatnonzero(t <= -2) if low else np.flatnonzero(t >= 2)
    if len(inside) < 2:
        inside = np.array([0, len(s) // 2]) if low else np.array([len(s) // 2, len(s) - 1])
    a, b = inside[0], inside[-1]
    return float((t[b] - t[a]) / max(s[b] - s[a], 1e-12))
