"""What the prior's network reads of each token: how flags differ from background, and how it is distributed.

All statistics stay the same when a token is mirrored or the tokens change places, and none names a token.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles, Floats

Matrix = NDArray[np.float64]

STATISTICS = 15
"""Statistics of a token."""

_SHRINK = 2.0  # flags of unit variance that are added before the spread of few flags is estimated
_NEAR = 0.25  # deviations around a flag within which background counts as equal to it: one knot of a curve


@dataclass(frozen=True)
class Background:
    """What the statistics need of the background; it is the same for all parts of an episode.

    Attributes:
        ordered: Each token's normal scores in ascending order, float64 (t, n).
        own: Statistics of the background alone, float64 (t, 4).
    """

    ordered: Matrix
    own: Matrix

    @classmethod
    def of(cls, genuine: Floats) -> Background:
        """Describe normal scores float32 (n, t) of genuine rows, n >= 2."""
        Z = genuine.astype(np.float64)
        middle, spread = Z.mean(0), Z.std(0) + 1e-6
        unit = (Z - middle) / spread
        related = (unit.T @ unit / len(Z)) ** 2
        linked = (related.sum(0) - np.diag(related)) / max(Z.shape[1] - 1, 1)
        strongest = np.sqrt(np.max(related - np.diag(np.diag(related)), axis=0))
        own = np.column_stack([spread, np.log1p((unit**4).mean(0)) - 1, np.sqrt(linked), strongest])
        return cls(np.ascontiguousarray(np.sort(Z, axis=0).T), own)

    def share_below(self, flags: Matrix) -> Matrix:
        """Return the share of background rows below each flag's score, ties by half: (k, t)."""
        columns = zip(self.ordered, flags.T, strict=True)
        counts = [x.searchsorted(f, "left") + x.searchsorted(f, "right") for x, f in columns]
        return np.asarray(np.array(counts).T / (2 * self.ordered.shape[1]))

    def share_near(self, flags: Matrix) -> Matrix:
        """Return the share of background rows within a quarter deviation of each flag: (k, t)."""
        columns = zip(self.ordered, flags.T, strict=True)
        counts = [x.searchsorted(f + _NEAR, "right") - x.searchsorted(f - _NEAR, "left") for x, f in columns]
        return np.asarray(np.array(counts).T / self.ordered.shape[1])


@dataclass(frozen=True)
class Located:
    """Flags and where they lie in the background.

    Attributes:
        flags: Normal scores float64 (k, t).
        below: Share of background below, float64 (k, t).
        near: Share of background nearby, float64 (k, t).
        background: What they were located in.
    """

    flags: Matrix
    below: Matrix
    near: Matrix
    background: Background

    @classmethod
    def of(cls, flags: Floats, background: Background) -> Located:
        """Locate normal scores float32 (k, t) of flags."""
        Z = flags.astype(np.float64)
        return cls(Z, background.share_below(Z), background.share_near(Z), background)

    def part(self, chosen: NDArray[np.bool_]) -> Located:
        """Return the chosen flags alone."""
        return Located(self.flags[chosen], self.below[chosen], self.near[chosen], self.background)


def token_statistics(located: Located) -> Floats:
    """Return the statistics float32 (t, STATISTICS) of all tokens, each about within +-3."""
    Z, n = located.flags, located.background.ordered.shape[1]
    k, tokens = Z.shape
    mean = Z.mean(0)
    spread = np.sqrt((((Z - mean) ** 2).sum(0) + _SHRINK) / (k + _SHRINK - 1))
    floor = 0.5 / n
    one_sided = np.minimum(located.below, 1 - located.below).clip(floor)
    beyond = -np.log(2 * one_sided).mean(0)
    separated = np.abs(2 * located.below.mean(0) - 1)
    density = -np.log(located.near.clip(floor)).mean(0)
    columns = [
        np.abs(mean),
        np.abs(Z).mean(0) - 0.8,
        spread - 1,
        np.log1p(np.abs(mean) / spread * np.sqrt(k)),
        beyond - 1,
        2 * separated - 1,
        density / 2 - 1,
        np.abs(Z).max(0) - 1.5,
        np.ptp(Z, axis=0) - 1,
        np.full(tokens, np.log(k) / 2),
        np.full(tokens, np.log(tokens) / 2 - 1.5),
    ]
    return np.column_stack([*columns, located.background.own]).astype(np.float32)


def direction(located: Located) -> Doubles:
    """Return in which direction the flags lie of each token, -1 to 1, float64 (t,)."""
    mean = located.flags.mean(0)
    return np.asarray(mean / (np.abs(mean) + 0.25))
