"""What a new installation has to do next, and the payments that a demo suggests to flag."""

from __future__ import annotations

from console.context import ConsoleContext
from console.results.first_steps import FirstStep, FirstSteps, SuggestedEpisode
from contracts.suggested_flags import read_suggested_flags
from control.entry import Kind
from storage import UnitOfWork


def first_steps(context: ConsoleContext) -> FirstSteps:
    """Return the steps from an empty database to the first episode, from a few look-ups by index."""
    with context.unit(reads_only=True) as unit:
        base = any(not entry.retired for entry in unit.control.last_of_kind(Kind.BASE))
        return FirstSteps(
            [
                FirstStep("Start the processes", "One scores, one stores.",
                          "flagfive worker; flagfive recorder", bool(context.feedback.acks())),
                FirstStep("Put a base in force", "Train it on your history, then promote it.",
                          "flagfive train; flagfive promote", base),
                FirstStep("Send payments", "To the topic transactions, keyed by card.",
                          "flagfive produce FILE", unit.transactions.newest_event_time() is not None),
                FirstStep("Flag five payments", "Press e at each of them, then New episode.", "",
                          unit.episodes.count() > 0),
            ],
            _suggested(context, unit),
        )  # fmt: skip


def _suggested(context: ConsoleContext, unit: UnitOfWork) -> SuggestedEpisode | None:
    """Return the suggestion of a demo, once its payments are stored and while none of them is flagged."""
    found = read_suggested_flags(context.settings.var)
    if found is None or len(unit.transactions.by_ids(found.ids)) < len(found.ids):
        return None
    if any(unit.episodes.of_transaction(one) for one in found.ids):
        return None
    return SuggestedEpisode(found.pattern, found.recipe, list(found.ids))
