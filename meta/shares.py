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
from meta.calibration import combine

SHIFTS = np.round(np.arange(-1.0, 1.65, 0.1), 2)  # from a tenth of the base's share to forty times it
_ENOUGH = 1_000  # of such rows are counted as they are: softly, ten times the loss was seen that there is
_TRUE_LOSS = 0.01  # recall whose loss nobody would notice in operation
_ONE_IN_TWENTY = 1.645  # standard deviations, one-sided
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
    which a replay set loses more than `bound` allows is taken only if all shares do: then the smallest. What
    live detectors already cost the base counts as lost too, all but the last tenth of what is allowed: ten
    that each cost a point must not cost ten, nor bar an eleventh.
    """
    rest, own = combine(reservoir[:, :-1], shifts), reservoir[:, -1]
    top = _Top.of(rest, own, budget)
    before = float(np.quantile(rest, 1.0 - budget))
    alone = float(np.quantile(reservoir[:, 0], 1.0 - budget))
    others = {name: combine(s[:, :-1], shifts) for name, s in replay.items()}
    caught = {name: _caught(surprise, before) for name, surprise in others.items()}
    for name, surprises in replay.items():
        spent = _caught(surprises[:, 0], alone) - caught[name]
        caught[name] += min(max(spent, 0.0), 0.9 * allowed_loss)
    flagged = combine(flags[:, :-1], shifts)
    best: Share | None = None
    for shift in SHIFTS:
        threshold = top.threshold(shift)
        found = _caught(np.maximum(flagged, flags[:, -1] + shift), threshold)
        losses = {
            name: caught[name] - _caught(np.maximum(surprise, replay[name][:, -1] + shift), threshold)
            for name, surprise in others.items()
        }
        bearable = all(loss <= bound(allowed_loss, len(replay[name])) for name, loss in losses.items())
        if best is None or (bearable and found > best.found):
            best = Share(float(shift), threshold, found, losses)
    assert best is not None  # SHIFTS is not empty
    return best


def bound(allowed_loss: float, rows: int) -> float:
    """Return the share of a replay set that may be lost, at least what chance alone explains in `rows` rows.

    A set of which one point is truly lost shows more than this in one of twenty samples. One fraud is the
    least that counts.

    >>> bound(0.03, 1_000), round(bound(0.03, 60), 4), bound(0.03, 20)
    (0.03, 0.0311, 0.05)
    """
    rows = max(rows, 1)
    chance = _TRUE_LOSS + _ONE_IN_TWENTY * float(np.sqrt(_TRUE_LOSS * (1.0 - _TRUE_LOSS) / rows))
    return max(allowed_loss, chance, 1.0 / rows)


@dataclass(frozen=True)
class _Top:
    """The rows among which the joint threshold lies, whatever the shift: the highest of either side."""

    rest: Doubles
    own: Doubles
    wanted: int
    between: float
    """How far the threshold lies from the `wanted` highest to the one above it."""

    @classmethod
    def of(cls, rest: Doubles, own: Doubles, budget: float) -> _Top:
        """Keep what is needed of all rows (n,)."""
        place = (1.0 - budget) * (len(rest) - 1)
        wanted = len(rest) - int(place)
        last = len(rest) - wanted
        rows = np.union1d(np.argpartition(rest, last)[last:], np.argpartition(own, last)[last:])
        return cls(rest[rows], own[rows], wanted, place - int(place))

    def threshold(self, shift: float) -> float:
        """Return the quantile that leaves the budget above it, as `joint_threshold` does over all rows."""
        ascending = np.sort(np.maximum(self.rest, self.own + shift))
        low, high = ascending[-self.wanted], ascending[-max(self.wanted - 1, 1)]
        return float(low + self.between * (high - low))


def _caught(surprise: Doubles, threshold: float) -> float:
    """Softly: a few hundred known frauds, of which a handful lie near the threshold, are a coarse ruler
    too.
    """
    if len(surprise) == 0:
        return 0.0
    over = surprise - threshold
    if len(surprise) >= _ENOUGH:
        return float(np.mean(over > 0))
    return float(np.mean(1 / (1 + np.exp(-over / _SOFTNESS))))
