"""The blast radius of a rule: what it would have done in stored traffic."""

from __future__ import annotations

from console.context import ConsoleContext
from console.errors import Invalid, Refused
from console.models.results import CannotScore, ModelsBusy, RuleDraft
from console.policy import standing_policy
from console.results.rules import CounterExample, RuleFromFlags, RulePreview
from console.results.transactions import TransactionRow
from console.services.episode_lookup import find_episode
from console.services.rule_names import require_condition, vocabulary_now
from console.services.search import rows_of
from replay.blast_radius import BlastRadius, Example
from rules.definition import RuleDefinition
from rules.errors import RuleError
from storage import UnitOfWork

BUSY = "another what-if is running; try again when it is done"


def preview_rule(
    context: ConsoleContext, definition: RuleDefinition, days: float, rule_id: str
) -> RulePreview:
    """Evaluate a rule on the stored transactions of the last days.

    Args:
        context: tools of the console.
        definition: the rule; it counts as live, for its percent of the cards.
        days: event time to look back, in days.
        rule_id: the rule that it would replace; empty for a new one.

    Raises:
        Invalid: the condition cannot be used.
        Refused: nothing is stored, it reads what is not stored, or another what-if is running.
    """
    require_condition(context, definition.condition, definition.zone)
    with context.unit(reads_only=True) as unit:
        names, policy = vocabulary_now(context, unit), standing_policy(context, unit)
    try:
        radius = context.models.blast_radius(RuleDraft(definition, days, rule_id), names, policy)
    except RuleError as error:
        raise Invalid(error.what, where="condition") from None
    except CannotScore as lack:
        raise Refused(str(lack)) from None
    except ModelsBusy:
        raise Refused(BUSY, where="rules") from None
    return _shown(context, radius)


def rule_from_flags(context: ConsoleContext, name: str, days: float) -> RuleFromFlags:
    """Return a readable rule that the flags of an episode suggest, with its blast radius.

    Args:
        context: tools of the console.
        name: id or name of the episode, or id of its detector.
        days: event time of the blast radius, in days.

    Raises:
        NotFound: no such episode.
        Refused: no rule can be found, or another what-if is running.
    """
    with context.unit(reads_only=True) as unit:
        episode = find_episode(unit, name)
        names, policy = vocabulary_now(context, unit), standing_policy(context, unit)
    try:
        one = context.models.rule_suggestion(episode.id, names, policy, days)
    except CannotScore as lack:
        raise Refused(str(lack)) from None
    except ModelsBusy:
        raise Refused(BUSY, where="rules") from None
    preview = _shown(context, one.radius)
    return RuleFromFlags(one.found, preview, one.detector, one.detector_held, one.detector_both)


def _shown(context: ConsoleContext, radius: BlastRadius) -> RulePreview:
    """Add the rows of the examples."""
    with context.unit(reads_only=True) as unit:
        near = [
            CounterExample(row, one.why)
            for one in radius.counter_examples
            for row in _rows(context, unit, [one])
        ]
        return RulePreview(radius, _rows(context, unit, radius.examples), near)


def _rows(context: ConsoleContext, unit: UnitOfWork, examples: list[Example]) -> list[TransactionRow]:
    """Return the transactions that are still stored."""
    places = [(one.partition, one.offset) for one in examples]
    found = unit.past.at(places)
    return rows_of(context, unit, [found[one] for one in places if one in found])
