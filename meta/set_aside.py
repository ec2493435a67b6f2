"""Flags that look like ordinary traffic to a detector of the others: they are not to shape the detector.

One wrong flag of five weighs a fifth. It hides the others when they are left out, so that the detector gets
a small share of the budget or none: docs/decisions/0003-learning-from-five-flags.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from meta.adapters.protocol import Adapter
from meta.arrays import Doubles, Floats, Rows
from meta.leave_one_out import leave_one_out
from meta.reservoir import Reservoir
from meta.support import Support
from meta.support_checks import TwoPatterns

ORDINARY = 1.0
"""In surprise: a tenth of genuine traffic is more like the others than a left-out flag below it."""
ONE_IN = 5
"""Of so many flags one may be set aside; of fewer, none can be spared."""
MOST = 2
"""So many at most: among twenty a wrong flag costs nothing, and of diverse frauds right ones would go."""


@dataclass(frozen=True)
class Kept:
    """The flags that shape the detector, and the surprise of each (k,) when it is left out of them.

    `places` (k,) says where they stand in the support that was asked for, `aside` where those do that were
    set aside.
    """

    support: Support
    left_out: Doubles
    places: Rows
    aside: tuple[int, ...]

    def asked(self, flags: Iterable[int]) -> tuple[int, ...]:
        """Return where some of the kept flags stand in the support that was asked for."""
        return tuple(int(self.places[flag]) for flag in flags)

    def asked_groups(self, two: TwoPatterns | None) -> TwoPatterns | None:
        """Return two groups of kept flags by where they stand in the support that was asked for."""
        return two and TwoPatterns(self.asked(two.first), self.asked(two.second))


def set_aside(
    adapter: Adapter, support: Support, background: Floats, reservoir: Reservoir, *, seed: int
) -> Kept:
    """Leave each flag out in turn; where some look ordinary, again without them. All in raw features."""
    left_out = leave_one_out(adapter, support, background, reservoir, seed=seed)
    places, aside = np.arange(len(support)), ordinary(left_out)
    if aside:
        places, support = np.delete(places, aside), support.without(aside)
        left_out = leave_one_out(adapter, support, background, reservoir, seed=seed)
    return Kept(support, left_out, places, tuple(aside))


def ordinary(left_out: Doubles) -> list[int]:
    """Return which flags are set aside, given the surprise of each (k,) when it is left out: those found
    worst, one in five and two at most.

    >>> ordinary(np.array([4.1, 0.3, 3.2, 0.8, 5.0]))
    [1]
    """
    worst = np.argsort(left_out, kind="stable")[: min(len(left_out) // ONE_IN, MOST)]
    return sorted(int(place) for place in worst if left_out[place] < ORDINARY)
