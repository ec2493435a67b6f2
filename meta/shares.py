"""How much of the budget a new detector gets: what it finds, against what base and others would lose.

An even split wastes the budget on detectors that find little, and lets a new one crowd out known fraud. The
share is a shift of the detector's surprise, chosen on the flags themselves (left out in turn) and on replay
sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles
from meta.calibration import combine, joint_threshold

SHIFTS = np.round(np.arange(-1.0, 1.65, 0.1), 2)  # from a tenth of the base's share to forty times it
_ENOUGH = 1_000  # of such rows are counted as they are: softly, ten times the loss was seen that there is
_SOFTNESS = 0.2  # in surprise: a flag just under the threshold counts for something, five are a coarse ruler


@dataclass(frozen=True)
class Share:
    """The shift, the joint threshold it leads to, the flags found (softly, 0 to 1), and what each set
    loses.
    """

    shift: float
    threshold: float
    found: float
    losses: dict[str, float]


def choose_share(
    reservoir: NDArray[np.float64],
    replay: Mapping[str, NDArray[np.float64]],
    flags: NDArray[np.float64],
    shifts: Doubles,
    *,
    budget: float,
    allowed_loss: float = 0.005,
) -> Share:
    """Return the share of the last column, the new detector, that finds most of the flags.

    Surprises: of the reservoir (n, 1 + e), of each replay set (m, 1 + e), of the flags left out in turn (k, 1
    + e), base first, the new detector last. `shifts` (e,) are those of base and live detectors. A share under
    which a replay set loses more than `allowed_loss` of its recall is taken only if all shares do: then the
    smallest.
    """
    before = joint_threshold(reservoir[:, :-1], shifts, budget)
    caught = {name: _caught(s[:, :-1], shifts, before) for name, s in replay.items()}
    best: Share | None = None
    for shift in SHIFTS:
        share = _share(reservoir, replay, flags, np.append(shifts, shift), budget, caught)
        if best is None or (
            max(share.losses.values(), default=0.0) <= allowed_loss and share.found > best.found
        ):
            best = share
    assert best is not None  # SHIFTS is not empty
    return best


def _share(
    reservoir: NDArray[np.float64],
    replay: Mapping[str, NDArray[np.float64]],
    flags: NDArray[np.float64],
    shifts: Doubles,
    budget: float,
    caught: Mapping[str, float],
) -> Share:
    threshold = joint_threshold(reservoir, shifts, budget)
    found = _caught(flags, shifts, threshold)
    losses = {name: caught[name] - _caught(s, shifts, threshold) for name, s in replay.items()}
    return Share(float(shifts[-1]), threshold, found, losses)


def _caught(surprises: NDArray[np.float64], shifts: Doubles, threshold: float) -> float:
    """Softly: a few hundred known frauds, of which a handful lie near the threshold, are a coarse ruler
    too.
    """
    if len(surprises) == 0:
        return 0.0
    over = combine(surprises, shifts) - threshold
    if len(surprises) >= _ENOUGH:
        return float(np.mean(over > 0))
    return float(np.mean(1 / (1 + np.exp(-over / _SOFTNESS))))
