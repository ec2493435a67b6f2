"""Apply the rules of entities to scores: risk raises the surprise; lists and blocks decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contracts.decision import Decision
from control.rule_table import RuleTable
from control.rules import Effect, Placed, faded
from features.byte_strings import ByteStrings
from meta.calibration import CEILING
from meta.entity_risk import boost


@dataclass
class Met:
    """The effects of the rules on one transaction."""

    frauds: dict[str, float] = field(default_factory=dict)
    """Faded confirmed frauds by kind of entity."""
    blocked_by: Placed | None = None
    allowed: bool = False
    suppressed: list[str | None] = field(default_factory=list)
    """Scorers whose alerts are suppressed; None for all."""

    @property
    def boost(self) -> float:
        """Added surprise: that of the entity with the most frauds."""
        return max((boost(count) for count in self.frauds.values()), default=0.0)

    def add(self, placed: Placed, time: float) -> None:
        """Add a rule, as of the transaction's event time."""
        rule = placed.rule
        if rule.until is not None and time >= rule.until:
            return
        match rule.effect:
            case Effect.BOOST:
                self.frauds[rule.entity] = self.frauds.get(rule.entity, 0.0) + faded(rule, time)
            case Effect.BLOCK:
                self.blocked_by = self.blocked_by or placed
            case Effect.ALLOW:
                self.allowed = True
            case Effect.SUPPRESS:
                self.suppressed.append(rule.scorer)
            case Effect.WATCH:
                pass  # changes no score


def met_by_rows(
    rules: RuleTable, entities: Sequence[str], keys: Iterable[ByteStrings], time: NDArray[np.float64]
) -> dict[int, Met]:
    """Return the effects of rules by row, where there are any; `time` (n,) are event times."""
    found: dict[int, Met] = {}
    for row, placed in rules.met_by(entities, keys):
        met = found.setdefault(row, Met())
        for one in placed:
            met.add(one, float(time[row]))
    return found


def blocks(met: Met) -> bool:
    """Return whether an entity's rules decline the transaction."""
    return met.blocked_by is not None and not met.allowed


def decide(by_surprise: int, winner: int, met: Met, winners: Sequence[str]) -> Decision:
    """Decide in this order: allow, block, suppression, surprise.

    Args:
        by_surprise: the `Decision` that follows from the surprise.
        winner: index into `winners` of the scorer with the highest surprise.
        met: effects of entities' rules.
        winners: ids of the scorers.
    """
    if met.allowed:
        return Decision.APPROVE
    if met.blocked_by is not None:
        return Decision.DECLINE
    suppressed = any(scorer in (None, winners[winner]) for scorer in met.suppressed)
    return Decision.APPROVE if suppressed else Decision(by_surprise)


def raised(surprise: float, met: Met, risk_share: float = 1.0) -> float:
    """Return the surprise with `risk_share` of the risk added, at most CEILING."""
    return min(surprise + risk_share * met.boost, CEILING)
