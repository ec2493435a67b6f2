"""Recent traffic scored by everything in force, so that an episode or a recalibration starts from scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from meta.arrays import Doubles, Rows
from meta.calibration import combine, with_risk
from meta.known_stack import KnownStack
from meta.reservoir import Reservoir
from meta.risk_share import choose_risk_share
from meta.stack import ScoringStack


def spread_order(count: int) -> Rows:
    """Return a fixed permutation of `count` rows.

    A part of the rows, taken from the front, is then spread over time like the whole.
    """
    return np.random.default_rng(0).permutation(count)


@dataclass(frozen=True)
class ScoredTraffic:
    """n rows of recent traffic, presumed genuine, under one scoring stack.

    Attributes:
        reservoir: The rows under the base and the tails of the stack, in `spread_order`.
        stack: Base and detectors in force.
        columns: Surprise of each detector on the rows, float64 (n,), by its content hash.
        boosts: Surprise that confirmed frauds of its entities add to each row in full, float64 (n,).
        risk_share: Part of the boosts that is in force, 0 to 1.
    """

    reservoir: Reservoir
    stack: ScoringStack
    columns: Mapping[str, Doubles]
    boosts: Doubles
    risk_share: float

    @classmethod
    def of(
        cls,
        reservoir: Reservoir,
        stack: ScoringStack,
        *,
        boosts: Doubles | None = None,
        risk_share: float = 1.0,
        known: Mapping[str, Doubles] | None = None,
    ) -> ScoredTraffic:
        """Score a reservoir with the detectors of a stack.

        Args:
            reservoir: Rows under the base and the tails of `stack`.
            stack: Base and detectors in force.
            boosts: See the attribute; zeros where not given.
            risk_share: See the attribute.
            known: Columns that were computed before for the same reservoir; they are reused.
        """
        known = known or {}
        columns = {}
        for live in stack.detectors:
            key = live.detector.content_hash
            columns[key] = known[key] if key in known else reservoir.surprise_of(live)
        return cls(
            reservoir, stack, columns, np.zeros(len(reservoir)) if boosts is None else boosts, risk_share
        )

    def __len__(self) -> int:
        return len(self.reservoir)

    @cached_property
    def joint(self) -> Doubles:
        """The surprise that decides under the stack, before any boost, float64 (n,)."""
        columns = [self.columns[live.detector.content_hash] for live in self.stack.detectors]
        surprises = np.column_stack([self.reservoir.base_surprise, *columns])
        return combine(surprises, self.stack.shifts)

    @cached_property
    def raised(self) -> Doubles:
        """The surprise that decides, with the boosts in force, float64 (n,)."""
        return with_risk(self.joint[:, None], self.risk_share * self.boosts)[:, 0]

    def risk_share_within(self, rows: Rows, budget: float) -> float:
        """Return the part of the boosts that an episode counts on.

        It is the part in force, or a smaller one where entities that were flagged since the last
        recalibration would fill the budget.
        """
        joint = self.joint[rows][:, None]
        chosen = choose_risk_share(joint, np.zeros(1), self.boosts[rows], budget)
        return min(self.risk_share, chosen.share)

    def part(self, rows: Rows, risk_share: float) -> KnownStack:
        """Return the stack with a reservoir of these rows, raised by `risk_share` of their boosts."""
        return KnownStack(
            self.stack.base,
            self.stack.base_tails,
            self.stack.detectors,
            self.stack.base_shift,
            reservoir=self.reservoir.part(rows, risk_share * self.boosts[rows]),
            columns={key: column[rows] for key, column in self.columns.items()},
        )
