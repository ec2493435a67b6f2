"""Sets flags aside that look like ordinary traffic to a detector of the others.

One wrong flag of five has a fifth of the weight. When other flags are left out, it hides them, and the
detector gets a small share of the budget or none: docs/decisions/0003-learning-from-five-flags.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from meta.adapters.protocol import Adapter
from meta.arrays import Doubles, Floats, Rows
from meta.detector import Detector
from meta.leave_one_out import leave_one_out
from meta.reservoir import Reservoir
from meta.support import Support
from meta.support_checks import TwoPatterns

ORDINARY = 1.0
"""Surprise below which a left-out flag is ordinary: a tenth of genuine traffic is more like the others."""
ONE_IN = 5
"""One of this many flags may be set aside; with fewer flags, none."""
MOST = 2
"""Most flags set aside: among twenty a wrong flag costs nothing, and diverse right flags would go."""


@dataclass(frozen=True)
class Kept:
    """The flags that shape the detector.

    Attributes:
        support: These flags, and the hard negatives.
        left_out: Surprise of each when it is left out, float64 (k,).
        detector: The detector that they shape.
        places: Their places in the given support, (k,).
        aside: Places of the flags that were set aside.
    """

    support: Support
    left_out: Doubles
    detector: Detector
    places: Rows
    aside: tuple[int, ...]

    def asked(self, flags: Iterable[int]) -> tuple[int, ...]:
        """Return the places in the given support of some kept flags."""
        return tuple(int(self.places[flag]) for flag in flags)

    def asked_groups(self, two: TwoPatterns | None) -> TwoPatterns | None:
        """Return two groups of kept flags, by their places in the given support."""
        return two and TwoPatterns(self.asked(two.first), self.asked(two.second))


def set_aside(
    adapter: Adapter, support: Support, background: Floats, reservoir: Reservoir, *, seed: int
) -> Kept:
    """Leave each flag out in turn, and set aside those that look ordinary.

    Args:
        adapter: Makes the detectors.
        support: Flags and hard negatives, raw features.
        background: Genuine rows, raw features float32 (m, d).
        reservoir: Genuine rows for the tails of each detector.
        seed: Seed of all that is drawn.

    Returns:
        The other flags and their detector; their surprise is measured again without those set aside.
    """
    found = leave_one_out(adapter, support, background, reservoir, seed=seed)
    places, aside = np.arange(len(support)), ordinary(found.surprise)
    if aside:
        places, support = np.delete(places, aside), support.without(aside)
        found = leave_one_out(adapter, support, background, reservoir, seed=seed)
    return Kept(support, found.surprise, found.detector, places, tuple(aside))


def ordinary(left_out: Doubles) -> list[int]:
    """Return which flags are set aside: those found worst, one in five and two at most.

    Args:
        left_out: Surprise of each flag when it is left out, float64 (k,).

    Example:
        >>> ordinary(np.array([4.1, 0.3, 3.2, 0.8, 5.0]))
        [1]
    """
    worst = np.argsort(left_out, kind="stable")[: min(len(left_out) // ONE_IN, MOST)]
    return sorted(int(place) for place in worst if left_out[place] < ORDINARY)
