"""The learning state, read from the stored control log and the stored traffic."""

from __future__ import annotations

from console.context import ConsoleContext
from console.results.learning import LEARNT, LearningState
from console.services.base_artifacts import BaseArtifacts
from console.services.bases import periods_in_force
from control.entry import Entry, Kind
from control.learning import JOINT, LearningProgress, still_learns
from storage import UnitOfWork


def learning_state(context: ConsoleContext) -> LearningState:
    """Return the learning state; without a base, or without the key that verifies it, nothing is learned."""
    with context.unit(reads_only=True) as unit:
        return learning_now(context, unit)


def learning_now(context: ConsoleContext, unit: UnitOfWork) -> LearningState:
    """Return the learning state within an open unit of work.

    Args:
        context: tools of the console.
        unit: open unit of work.
    """
    envelopes = BaseArtifacts(context, unit)
    base = _base(unit, envelopes)
    fitted = unit.control.latest(Kind.THRESHOLD, JOINT)
    if base is None or not still_learns(base, envelopes.entry(fitted) if fitted else None):
        return LEARNT
    rows = sum(high - low + 1 for low, high in unit.transactions.offset_ranges().values())
    found = LearningProgress(rows, unit.transactions.stored_days())
    return LearningState(True, found.rows, found.days, found.share, found.words)


def _base(unit: UnitOfWork, envelopes: BaseArtifacts) -> Entry | None:
    last = periods_in_force(unit.control.of_kind(Kind.BASE))[-1:]
    return envelopes.entry(last[0].entry) if last and last[0].ended_by is None else None
