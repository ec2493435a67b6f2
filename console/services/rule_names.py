"""The names that the condition of a rule may use, and the check of a condition."""

from __future__ import annotations

from console.context import ConsoleContext
from console.errors import Invalid
from console.results.rules import RuleCheck, RuleName, RuleNames, RuleProblem
from features.schema import EntityField, TransactionSchema
from features.vector import FeatureLayout
from rules.checking import FUNCTIONS, check
from rules.errors import RuleError
from rules.local_time import check_zone
from rules.parsing import parse
from rules.typed import Typed
from rules.vocabulary import Vocabulary
from storage import UnitOfWork
from storage.episodes import ANNOUNCED, LIVE

_FUNCTION = {
    "hour": "hour of a time, 0 to 23", "weekday": "day of a time, 1 is Monday", "abs": "number without sign",
    "min": "smaller of two numbers", "max": "larger of two numbers", "timestamp": "time from a string",
}  # fmt: skip


def vocabulary_now(context: ConsoleContext, unit: UnitOfWork) -> Vocabulary:
    """Return the names by the settings, and those of live episodes and of lists."""
    entities = tuple(EntityField(one.name, one.field) for one in context.settings.entities)
    names = FeatureLayout(TransactionSchema(entities=entities)).names
    episodes = sorted({one.name for one in unit.episodes.with_status(LIVE, ANNOUNCED)})
    lists = context.lists.read(unit, context.key).lists.kinds
    return Vocabulary(names, {name: place for place, name in enumerate(episodes, 1)}, lists)


def rule_names(context: ConsoleContext) -> RuleNames:
    """Return all names with types and meanings."""
    with context.unit(reads_only=True) as unit:
        vocabulary = vocabulary_now(context, unit)
    rows = [RuleName(name, str(one.type), one.words) for name, one in vocabulary.variables.items()]
    surprise = "surprise of the base alone, or of the detector of one episode"
    rows.append(RuleName("base.surprise", "a number", surprise))
    rows += [
        RuleName(f'episode["{name}"].surprise', "a number", surprise)
        for name in vocabulary.episodes
        if '"' not in name
    ]
    rows += [RuleName(f"lists.{name}", "a list", "a named list") for name in sorted(vocabulary.lists)]
    rows += [RuleName(f"{name}(", "a function", _FUNCTION[name]) for name in FUNCTIONS]
    return RuleNames(rows)


def check_condition(context: ConsoleContext, condition: str, zone: str) -> RuleCheck:
    """Return whether a condition can be used, and otherwise where and why not."""
    with context.unit(reads_only=True) as unit:
        vocabulary = vocabulary_now(context, unit)
    try:
        bind(condition, zone, vocabulary)
    except RuleError as error:
        return RuleCheck(RuleProblem(error.what, error.column, error.found, list(error.close)))
    return RuleCheck(None)


def require_condition(context: ConsoleContext, condition: str, zone: str) -> None:
    """Raise Invalid where a condition cannot be used; the error names the place."""
    problem = check_condition(context, condition, zone).problem
    if problem is not None:
        where = f"condition, column {problem.column}" if problem.column else "condition"
        raise Invalid(problem.what, where=where, allowed=problem.close)


def bind(condition: str, zone: str, vocabulary: Vocabulary) -> Typed:
    """Read a condition and bind its names. Raises RuleError."""
    check_zone(zone)
    return check(parse(condition), vocabulary, zone)
