"""Tails: the share of genuine traffic that scores higher, the common scale of base and detectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meta import kernels
from meta.arrays import Doubles, Floats, Tensors
from meta.kernels import LIMIT
from meta.tensors import BrokenArtifact

_BODY = 512  # quantiles kept of the body; of the tail every row is kept
_TAIL = 0.01  # share of the reservoir that the exponential tail is fitted to
CEILING = 12.0  # the largest surprise: one in 10^12 cannot be measured


class TooFewScores(ValueError):
    """Too few genuine scores to fit tails."""


@dataclass(frozen=True)
class Tails:
    """Distribution of genuine scores.

    Within the reservoir the tail is empirical, and its logarithm is linear between two scores. Beyond the
    highest score it falls exponentially, as excesses over a high threshold do (Pickands 1975, shape 0).

    Attributes:
        knots: Scores in ascending order, float64 (q,).
        levels: Surprise of each, float64 (q,).
        rate: Surprise per unit of score beyond the last knot.
    """

    knots: Doubles
    levels: Doubles
    rate: float

    @classmethod
    def fit(cls, scores: Doubles, *, trim: float = 0.0) -> Tails:
        """Fit the distribution of genuine scores.

        Args:
            scores: Genuine scores (n,), n >= 100.
            trim: Share of the highest scores that is left out, 0 to 1. Trim where the reservoir may hold
                undetected frauds: a few of them silence the detector that is made for them.

        Raises:
            TooFewScores: There are fewer than 100 scores.
        """
        ordered = np.sort(np.asarray(scores, dtype=np.float64))
        if len(ordered) < 100:
            raise TooFewScores(f"{len(ordered)} genuine scores, allowed 100 or more")
        ordered = ordered[: len(ordered) - int(trim * len(ordered))]
        n = len(ordered)
        tail = max(int(n * _TAIL), 20)
        body = np.linspace(0, n - tail, min(_BODY, n - tail), endpoint=False).astype(int)
        at = np.r_[body, np.arange(n - tail, n)]
        knots, last = np.unique(ordered[at][::-1], return_index=True)
        rank = at[::-1][last]  # the highest rank of equal scores: the tail counts strictly higher scores
        levels = np.maximum(-np.log10((n - rank - 0.5) / n), 0.0)
        excess = float(np.mean(ordered[-tail:] - ordered[n - tail]))
        return cls(knots, levels, 1.0 / (max(excess, 1e-9) * np.log(10)))

    def surprise(self, scores: Doubles) -> Doubles:
        """Return -log10 of the tail, float64 (n,) in 0 to 12; it never falls as the score rises."""
        s = np.ascontiguousarray(scores, dtype=np.float64)[:, None]
        out = np.empty_like(s)
        first = np.array([0, len(self.knots)], np.int32)
        kernels.surprises(s, self.knots, self.levels, first, np.array([self.rate]), CEILING, out)
        return out[:, 0]

    def tensors(self, prefix: str = "tails.") -> Tensors:
        """Return the tensors that an artifact stores."""
        return {
            prefix + "knots": self.knots,
            prefix + "levels": self.levels,
            prefix + "rate": np.array([self.rate]),
        }

    @classmethod
    def from_tensors(cls, tensors: Tensors, prefix: str = "tails.") -> Tails:
        """Rebuild from `tensors()`.

        Raises:
            BrokenArtifact: Knots and levels are not float64 (q,) of one length, finite and ascending, or the
                rate is negative or not finite: the kernel, which checks no bounds, would read past their end.
        """
        knots, levels = tensors[prefix + "knots"], tensors[prefix + "levels"]
        rate = float(tensors[prefix + "rate"][0])
        if knots.ndim != 1 or not len(knots) or knots.shape != levels.shape:
            raise BrokenArtifact(f"tails of shapes {knots.shape} and {levels.shape}, allowed (q,) for both")
        for name, values in (("knots", knots), ("levels", levels)):
            if values.dtype != np.float64 or not np.isfinite(values).all() or (np.diff(values) < 0).any():
                raise BrokenArtifact(f"{name} of tails, allowed finite float64 in ascending order")
        if not 0.0 <= rate < np.inf:
            raise BrokenArtifact(f"rate of tails {rate}, allowed a finite number of 0 or more")
        return cls(knots, levels, rate)


def token_of(surprise: NDArray[Any]) -> Floats:
    """Return the base's surprise as a normal score in +-5, so that 0.1% of the traffic lies above 1.7."""
    return np.clip(1.4 * surprise - 2.5, -LIMIT, LIMIT).astype(np.float32)


def combine(surprises: NDArray[np.float64], shifts: Doubles) -> Doubles:
    """Return the surprise that decides: the highest of base and detectors.

    Args:
        surprises: Surprises float64 (n, 1 + e), base first.
        shifts: Added to each column, float64 (1 + e,). A negative shift takes budget from its column, a
            positive one gives it more.

    Returns:
        Surprise float64 (n,).
    """
    highest: Doubles = surprises[:, 0] + shifts[0]
    for j in range(1, len(shifts)):  # 5 times as fast as a maximum along the short axis
        np.maximum(highest, surprises[:, j] + shifts[j], out=highest)
    return highest


def with_risk(surprises: NDArray[np.float64], risk: Doubles) -> NDArray[np.float64]:
    """Return surprises (n, 1 + e) plus the boost `risk` (n,) of each row's entities, at most `CEILING`."""
    return np.minimum(surprises + risk[:, None], CEILING) if risk.any() else surprises


def joint_threshold(surprises: NDArray[np.float64], shifts: Doubles, budget: float) -> float:
    """Return the joint threshold of base and all detectors.

    One threshold on the highest surprise holds the total budget. A budget per detector would overshoot it or
    waste it.

    Args:
        surprises: Surprises of genuine rows, float64 (n, 1 + e).
        shifts: Shifts of base and detectors, float64 (1 + e,).
        budget: Share of genuine rows over the threshold, in (0, 1).

    Returns:
        The threshold, as surprise.

    Raises:
        ValueError: The budget is not in (0, 1).
    """
    if not 0.0 < budget < 1.0:
        raise ValueError(f"budget {budget}, allowed above 0 and below 1")
    return float(np.quantile(combine(surprises, shifts), 1.0 - budget))
