"""Judges a detector within the budget, and once more within a surge where it would cost too much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from adaptation.context import AdaptationContext
from adaptation.proposing.proposal import Proposal
from control.entry import Kind
from control.snapshot import Snapshot
from meta.surge import Surge, surge_in_force

PART, UNTIL = "surge", "surge_until"
"""Values of a detector's entry on the control log."""
COSTS_TOO_MUCH = ("replay",)
"""Cause for which a surge may help: known fraud that would be lost within the budget."""
HOUR_S = 3_600.0


@dataclass(frozen=True)
class Surging:
    """A proposal and the surge under which it goes live; None within the budget."""

    proposal: Proposal
    surge: Surge | None


def surges_of(snapshot: Snapshot) -> tuple[Surge, ...]:
    """Return the surges of all live detectors, those that are over included."""
    values = [applied.entry.values for applied in snapshot.in_force(Kind.DETECTOR).values()]
    return tuple(Surge(one[PART], one[UNTIL]) for one in values if UNTIL in one)


def with_surge(context: AdaptationContext, judge: Callable[[float], Proposal], *, may_surge: bool) -> Surging:
    """Judge within the budget in force, and within a surge if that alone makes the detector pass.

    A detector that is made during a surge ends with it.

    Args:
        context: standing policy, clock, and surges in force.
        judge: takes the part of the budget that is added, and returns the proposal.
        may_surge: whether a surge may begin.
    """
    now, terms = context.clock(), context.policy
    begun = surge_in_force(context.surges, now)
    found = judge(0.0)
    if begun is not None or not may_surge or not terms.surge or found.verdict.causes != COSTS_TOO_MUCH:
        return Surging(found, begun if found.verdict.passed else None)
    wider = judge(terms.surge)
    if not wider.verdict.passed:
        return Surging(found, None)
    return Surging(wider, Surge(terms.surge, now + terms.surge_hours * HOUR_S))


def in_words(surge: Surge) -> str:
    """Return what a surge allows.

    >>> in_words(Surge(0.25, 1_700_000_000.0))
    'surge: up to 25% more alerts than the budget until 2023-11-14 22:13 UTC; then it must fit in'
    """
    end = datetime.fromtimestamp(surge.until, UTC)
    return (
        f"surge: up to {surge.part:.0%} more alerts than the budget until {end:%Y-%m-%d %H:%M} UTC; "
        "then it must fit in"
    )
