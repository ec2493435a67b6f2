"""Effects of each share of the budget that a new detector may get: what it finds, what others lose.

An even split wastes the budget on detectors that find little, and a new detector could crowd out known
fraud. The share is a shift of the detector's surprise. Its effect is measured on the flags, left out in turn,
and on replay sets. `meta/trade_off.py` weighs the effects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles
from meta.calibration import CEILING, combine
from meta.own_bounds import OwnBounds, bounds_at, no_bounds, share_left, steered_threshold

SHIFTS = np.arange(-10, 17) / 10.0  # from a tenth of the base's share to forty times it
_EXACT_FROM = 1_000  # rows; smaller sets are counted softly. In large ones that overstated losses tenfold
_TRUE_LOSS = 0.01  # recall; a smaller loss goes unnoticed in operation
_ONE_IN_TWENTY = 1.645  # standard deviations, one-sided
_SOFTNESS = 0.2  # surprise; a fraud just under the threshold counts in part, since sets may be small
_OF_ONE_FLAG, _MOST_SOFTNESS = 0.9, 0.5
"""Softness of flags, surprise: that of one flag falls with the root of their number, up to the most.

Later frauds spread wider than five flags. Chosen on earlier windows of Handbook and Sparkov:
docs/decisions/0006-a-gate-that-weighs.md.
"""


@dataclass(frozen=True)
class Moved:
    """Rows of one set that a share adds to the alerts or takes from them.

    In sets under 1,000 rows, rows near a threshold count in part.

    Attributes:
        rows: Number of rows, 1 or more.
        gained: Rows that are alerted only with the detector.
        lost: Rows that are alerted only without it.
        spent: Share of the rows that live detectors cost already, 0 to 1.
    """

    rows: int
    gained: float
    lost: float
    spent: float = 0.0

    @property
    def net_loss(self) -> float:
        """Share of the rows that is lost by this detector, -1 to 1; below 0 it finds more than it costs."""
        return (self.lost - self.gained) / self.rows

    @property
    def loss(self) -> float:
        """Share of the rows that is lost, together with what live detectors cost already."""
        return self.net_loss + self.spent


@dataclass(frozen=True)
class Share:
    """A share of the budget and its effect.

    Attributes:
        shift: Added to the detector's surprise.
        threshold: Joint threshold that holds the budget with this shift, as surprise.
        found: Share of the flags that are found, 0 to 1; flags near the threshold count in part.
        by_itself: Share of the flags that the new detector finds by itself, counted likewise.
        flags: Effect on the flags.
        known: Effect on each replay set, by name.
    """

    shift: float
    threshold: float
    found: float
    by_itself: float
    flags: Moved
    known: Mapping[str, Moved]

    @property
    def losses(self) -> dict[str, float]:
        """Recall that each replay set loses, by name."""
        return {name: moved.loss for name, moved in self.known.items()}


def every_share(
    reservoir: NDArray[np.float64],
    replay: Mapping[str, NDArray[np.float64]],
    flags: NDArray[np.float64],
    shifts: Doubles,
    *,
    budget: float,
    allowed_loss: float,
    before: float | None = None,
    own: OwnBounds | None = None,
) -> list[Share]:
    """Return all shares that the new detector may get, smallest first.

    The loss that live detectors already cause counts as well, but at most nine tenths of the allowed loss:
    ten detectors that cost a point each must not cost ten points, and must not rule out an eleventh.

    Args:
        reservoir: Surprises of genuine rows, float64 (n, 1 + e): base first, the new detector last.
        replay: Surprises of each replay set by name, float64 (m, 1 + e), m >= 1.
        flags: Surprises of the flags, left out in turn, float64 (k, 1 + e), k >= 1.
        shifts: Shifts of base and live detectors, float64 (e,).
        budget: Share of genuine traffic that may be alerted, 0 to 1.
        allowed_loss: Recall that a replay set may lose, 0 to 1.
        before: The budget without the new detector, which effects are measured against; `budget` where not
            given.
        own: Bounds of rows that a segment of the decision policy decides; None without any.
    """
    rest, new = combine(reservoir[:, :-1], shifts), reservoir[:, -1]
    own = own or OwnBounds(no_bounds(len(rest)), no_bounds(len(flags)))
    top = _Top.of(rest, new, own.traffic, budget)
    without = budget if before is None else before
    held, alone = (steered_threshold(one, own.traffic, without) for one in (rest, reservoir[:, 0]))
    sets = {
        name: _Set.of(
            surprises, shifts, held, alone, 0.9 * allowed_loss, own=own.of_known(name, len(surprises))
        )
        for name, surprises in replay.items()
    }
    softness = min(_OF_ONE_FLAG / float(np.sqrt(len(flags))), _MOST_SOFTNESS)
    flagged = _Set.of(flags, shifts, held, alone, 0.0, softness, own=own.flags)
    shares = []
    for shift in SHIFTS.tolist():
        threshold = top.threshold(shift)
        found = flagged.caught(shift, threshold)
        shares.append(
            Share(
                shift,
                threshold,
                float(np.mean(found)),
                float(np.mean(flagged.caught_by_itself(shift, threshold))),
                flagged.moved(found),
                {name: one.moved(one.caught(shift, threshold)) for name, one in sets.items()},
            )
        )
    return shares


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
class _Set:
    """A set of frauds.

    Attributes:
        rest: Surprise of each row under base and live detectors.
        own: Surprise of each row under the new detector.
        before: How much each row counts as caught without the new detector, 0 to 1.
        spent: Share that live detectors cost already.
        softness: Surprise within which a row counts in part.
        bounds: Bound of each row's segment; NaN where the threshold decides.
    """

    rest: Doubles
    own: Doubles
    before: Doubles
    spent: float
    softness: float
    bounds: Doubles

    @classmethod
    def of(
        cls,
        surprises: NDArray[np.float64],
        shifts: Doubles,
        threshold: float,
        alone: float,
        most_spent: float,
        softness: float = _SOFTNESS,
        *,
        own: Doubles,
    ) -> _Set:
        """Measure what is caught over `threshold`, and what the base catches by itself over `alone`."""
        rest = combine(surprises[:, :-1], shifts)
        before = _caught(rest, bounds_at(own, threshold), softness)
        by_base = _caught(surprises[:, 0], bounds_at(own, alone), softness)
        spent = float(np.mean(by_base) - np.mean(before))
        return cls(rest, surprises[:, -1], before, min(max(spent, 0.0), most_spent), softness, own)

    def caught(self, shift: float, threshold: float) -> Doubles:
        """Return how much each row counts as caught with the new detector, 0 to 1."""
        bounds = bounds_at(self.bounds, threshold)
        return _caught(np.maximum(self.rest, self.own + shift), bounds, self.softness)

    def caught_by_itself(self, shift: float, threshold: float) -> Doubles:
        """Return how much each row counts as caught by the new detector alone, 0 to 1."""
        return _caught(self.own + shift, bounds_at(self.bounds, threshold), self.softness)

    def moved(self, after: Doubles) -> Moved:
        """Compare what is caught with the detector to what is caught without it."""
        change = after - self.before
        gained = float(np.sum(np.maximum(change, 0.0)))
        return Moved(len(after), gained, gained - float(np.sum(change)), self.spent)


@dataclass(frozen=True)
class _Top:
    """The highest rows of either side: the joint threshold lies among them for every shift.

    Attributes:
        rest: Surprise of these rows under base and live detectors.
        own: Surprise of these rows under the new detector.
        count: Number of rows that the threshold decides.
        budget: Share of all rows that may be alerted.
        fixed: Surprise of the rows with a bound of their own: of the rest, and of the new detector; and their
            bounds, float64 (3, m).
    """

    rest: Doubles
    own: Doubles
    count: int
    budget: float
    fixed: NDArray[np.float64]

    @classmethod
    def of(cls, rest: Doubles, own: Doubles, bounds: Doubles, budget: float) -> _Top:
        """Select the highest rows of `rest` and `own`, both (n,), of those that the threshold decides."""
        steered = np.isnan(bounds)
        fixed = np.stack([rest[~steered], own[~steered], bounds[~steered]])
        if fixed.shape[1]:
            rest, own = rest[steered], own[steered]
        if not len(rest):
            return cls(rest, own, 0, budget, fixed)
        most = min(budget * len(bounds) / len(rest), 0.5)
        last = max(int((1.0 - most) * (len(rest) - 1)) - 1, 0)
        rows = np.union1d(np.argpartition(rest, last)[last:], np.argpartition(own, last)[last:])
        return cls(rest[rows], own[rows], len(rest), budget, fixed)

    def threshold(self, shift: float) -> float:
        """Return the quantile that leaves the budget above it, as `joint_threshold` does over all rows."""
        if not self.count:
            return CEILING
        place = (1.0 - self._left(shift)) * (self.count - 1)
        wanted, between = self.count - int(place), place - int(place)
        ascending = np.sort(np.maximum(self.rest, self.own + shift))
        low, high = ascending[-wanted], ascending[-max(wanted - 1, 1)]
        return float(low + between * (high - low))

    def _left(self, shift: float) -> float:
        """Return the share of the rows that the threshold decides which may be alerted."""
        rest, own, bounds = self.fixed
        if not len(bounds):
            return self.budget
        surprise = np.concatenate([np.maximum(rest, own + shift), np.zeros(self.count)])
        return share_left(surprise, np.concatenate([bounds, no_bounds(self.count)]), self.budget)


def _caught(surprise: Doubles, bounds: Doubles, softness: float) -> Doubles:
    """Return how much each row counts as over its bound; in small sets, rows near it count in part."""
    over = surprise - bounds
    if len(surprise) >= _EXACT_FROM:
        return (over > 0).astype(np.float64)
    return np.asarray(1 / (1 + np.exp(-over / softness)))
