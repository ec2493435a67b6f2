"""Reference histograms of the training data: what drift is measured against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta.arrays import Doubles, Floats, Tensors, matrix

BINS = 10  # deciles of the reference


@dataclass(frozen=True)
class Histograms:
    """Inner bin edges float32 (d, 9) at the reference's deciles and its shares float32 (d, 10)."""

    edges: Floats
    shares: Floats

    @classmethod
    def fit(cls, X: Floats) -> Histograms:
        """Take deciles of raw features (n, d) as edges and count the same rows into them."""
        edges = np.quantile(X, np.arange(1, BINS) / BINS, axis=0).T.astype(np.float32)
        return cls(edges, _count(edges, X).astype(np.float32))

    def count(self, X: Floats) -> Doubles:
        """Return the shares float64 (d, 10) of raw features (n, d) in the reference's bins."""
        return _count(self.edges, matrix(X, len(self.edges), "features"))

    def stability_index(self, X: Floats) -> Doubles:
        """Return the population stability index of each feature (d,).

        Below 0.1 a feature is stable, above 0.25 it has shifted much.
        """
        return stability_index(self.count(X), self.shares.astype(np.float64))

    def tensors(self) -> Tensors:
        """Return what an artifact stores."""
        return {"histograms.edges": self.edges, "histograms.shares": self.shares}

    @classmethod
    def from_tensors(cls, tensors: Tensors) -> Histograms:
        """Rebuild from `tensors()`."""
        return cls(tensors["histograms.edges"], tensors["histograms.shares"])


def stability_index(now: Doubles, then: Doubles) -> Doubles:
    """Return the population stability index of shares (..., bins) against others (..., bins), float64 (...,).

    Source: Siddiqi 2006, Credit Risk Scorecards.
    """
    floor = 1e-4  # an empty bin counts as one row in ten thousand, or the logarithm is unbounded
    now, then = np.maximum(now, floor), np.maximum(then, floor)
    return np.asarray(np.sum((now - then) * np.log(now / then), axis=-1))


def _count(edges: Floats, X: Floats) -> Doubles:
    bins = [np.searchsorted(edges[j], X[:, j], "right") for j in range(len(edges))]
    return np.array([np.bincount(b, minlength=BINS) / max(len(X), 1) for b in bins])
