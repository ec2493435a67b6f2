"""Chooses how much of the budget a new detector gets: what it finds against what others would lose.

An even split wastes the budget on detectors that find little, and a new detector could crowd out known
fraud. The share is a shift of the detector's surprise. It is chosen on the flags, left out in turn, and on
replay sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles
from meta.calibration import combine

SHIFTS = np.round(np.arange(-1.0, 1.65, 0.1), 2)  # from a tenth of the base's share to forty times it
_EXACT_FROM = 1_000  # rows; smaller sets are counted softly. In large ones that overstated losses tenfold
_TRUE_LOSS = 0.01  # recall; a smaller loss goes unnoticed in operation
_ONE_IN_TWENTY = 1.645  # standard deviations, one-sided
_SOFTNESS = 0.2  # surprise; a flag just under the threshold counts in part, since five flags are few


@dataclass(frozen=True)
class Share:
    """A share of the budget and its effect.

    Attributes:
        shift: Added to the detector's surprise.
        threshold: Joint threshold that holds the budget with this shift, as surprise.
        found: Share of the flags that are found, 0 to 1; flags near the threshold count in part.
        losses: Recall that each replay set loses, by name.
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
    """Return the share of the new detector that finds most of the flags.

    A share under which a replay set loses more than `bound` allows is only taken if all shares do; then it
    is the smallest. The loss that live detectors already cause counts as well, but at most nine tenths of
    the allowed loss: ten detectors that cost a point each must not cost ten points, and must not rule out an
    eleventh.

    Args:
        reservoir: Surprises of genuine rows, float64 (n, 1 + e): base first, the new detector last.
        replay: Surprises of each replay set by name, float64 (m, 1 + e).
        flags: Surprises of the flags, left out in turn, float64 (k, 1 + e).
        shifts: Shifts of base and live detectors, float64 (e,).
        budget: Share of genuine traffic that may be alerted, 0 to 1.
        allowed_loss: Recall that a replay set may lose, 0 to 1.

    Returns:
        The share.
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
    """Return the share of a replay set that may be lost: at least what chance explains in `rows` rows.

    If one point is truly lost, one of twenty samples of this size shows a larger loss. The smallest bound is
    one fraud.

    >>> bound(0.03, 1_000), round(bound(0.03, 60), 4), bound(0.03, 20)
    (0.03, 0.0311, 0.05)
    """
    rows = max(rows, 1)
    chance = _TRUE_LOSS + _ONE_IN_TWENTY * float(np.sqrt(_TRUE_LOSS * (1.0 - _TRUE_LOSS) / rows))
    return max(allowed_loss, chance, 1.0 / rows)


@dataclass(frozen=True)
class _Top:
    """The highest rows of either side: the joint threshold lies among them for every shift.

    Attributes:
        rest: Surprise of these rows under base and live detectors.
        own: Surprise of these rows under the new detector.
        wanted: The threshold lies between the `wanted`-th highest row and the one above.
        between: Where it lies between the two, 0 to 1.
    """

    rest: Doubles
    own: Doubles
    wanted: int
    between: float

    @classmethod
    def of(cls, rest: Doubles, own: Doubles, budget: float) -> _Top:
        """Select the highest rows of `rest` and `own`, both (n,)."""
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
    """Return the share of rows over the threshold; in small sets, rows near it count in part."""
    if len(surprise) == 0:
        return 0.0
    over = surprise - threshold
    if len(surprise) >= _EXACT_FROM:
        return float(np.mean(over > 0))
    return float(np.mean(1 / (1 + np.exp(-over / _SOFTNESS))))
