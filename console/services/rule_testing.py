"""Evaluates the condition of a rule for one stored transaction, and shows the values that it reads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from console.context import ConsoleContext
from console.errors import Invalid, Refused
from console.results.rules import RuleTest, RuleValue
from console.services.row_lookup import rows_of_ids
from console.services.rule_names import vocabulary_now
from console.services.transactions import stored_transaction
from features.byte_strings import ByteStrings
from features.columns import NO_CURRENCY, currency_code
from features.links import links_of
from rules.checking import check
from rules.errors import RuleError
from rules.feature_units import UNITS
from rules.kernels import natural
from rules.lists.table import ListTable
from rules.local_time import check_zone, local_seconds
from rules.parsing import parse
from rules.reference import evaluate
from rules.syntax import Call, Listed, Name, Node, Operation
from rules.typed import (
    Apply,
    Constant,
    Feature,
    Field,
    Frauds,
    Input,
    KeyIs,
    KeyListed,
    Link,
    LocalTime,
    Type,
    Typed,
)
from rules.vocabulary import LOCAL_TIME, Variable, Vocabulary
from storage.scored_transactions import ScoredTransaction


def test_condition(context: ConsoleContext, condition: str, zone: str, transaction_id: str) -> RuleTest:
    """Return whether a condition is true for a stored transaction.

    Raises:
        NotFound: no such transaction.
        Invalid: the condition cannot be used.
        Refused: it reads what is not stored with transactions.
    """
    with context.unit(reads_only=True) as unit:
        stored = stored_transaction(unit, transaction_id)
        vocabulary = vocabulary_now(context, unit)
        try:
            check_zone(zone)
            tree = parse(condition)
            bound = check(tree, vocabulary, zone)
        except RuleError as error:
            raise Invalid(error.what, where=f"condition, column {error.column}") from None
        lists = context.lists.read(unit, context.key).lists.by_name
        values = {one: _value(one, stored, lists) for one in _inputs(bound)}
        return RuleTest(
            matches=bool(evaluate(bound, values)),
            values=[
                RuleValue(name, _shown(context, name, vocabulary, stored, zone))
                for name in dict.fromkeys(_names(tree))
            ],
            transaction=rows_of_ids(context, unit, [transaction_id])[0],
        )


def _value(one: Input, stored: ScoredTransaction, lists: Mapping[str, ListTable]) -> float:
    """Return the value of an input; lists are those of now."""
    if isinstance(one, KeyListed):
        key = ByteStrings.from_list([stored.entities.get(one.entity, "").encode() or None])
        return float(lists[one.name].holds(key, np.array([stored.event_time]))[0])
    return value_of(one, stored)


def value_of(one: Input, stored: ScoredTransaction) -> float:
    """Return the value of an input; raises Refused where it is not stored."""
    match one:
        case Feature(column=column, unit=unit):
            feature, out = np.frombuffer(stored.features, "<f4")[column : column + 1], np.empty(1)
            if not len(feature):
                raise Refused("the transaction was scored with other features", where="transaction_id")
            natural(feature, UNITS[unit], out)
            return float(out[0])
        case Link(column=column):
            return float(links_of(stored.links, len(stored.entities)).partners[0, column])
        case Frauds(column=column):
            frauds = links_of(stored.links, len(stored.entities)).frauds[0]
            return float(frauds.max() if column is None else frauds[column])
        case LocalTime(zone=zone):
            return float(local_seconds(np.array([stored.event_time]), zone)[0])
        case KeyIs(entity=entity, text=text):
            return float(stored.entities.get(entity) == text)
        case Field(name="amount" | "category" | "surprise" as name):
            return float(getattr(stored, name))
        case Field(name="time"):
            return stored.event_time
        case Field(name="currency"):
            return float(currency_code(stored.currency) if stored.currency else NO_CURRENCY)
    raise Refused("risk and the surprise of single scorers are not stored with transactions")


def _inputs(node: Typed) -> Iterator[Input]:
    if isinstance(node, Apply):
        for one in node.arguments:
            yield from _inputs(one)
    elif not isinstance(node, Constant):
        yield node


def _names(node: Node) -> Iterator[str]:
    match node:
        case Name():
            yield node.words
        case Operation(operands=parts) | Call(arguments=parts) | Listed(items=parts):
            for one in parts:
                yield from _names(one)


def _shown(
    context: ConsoleContext, name: str, vocabulary: Vocabulary, stored: ScoredTransaction, zone: str
) -> object:
    """Return the value of a name as people read it; cards are masked."""
    if name == LOCAL_TIME:
        return value_of(LocalTime(zone), stored)
    variable = vocabulary.variables.get(name)
    if variable is None:
        return None
    if variable.type is Type.KEY:
        entity = name.removesuffix(".id")
        return context.cards.shown(entity, stored.entities.get(entity, ""))
    if variable.type is Type.CURRENCY:
        return stored.currency
    return _number(variable, stored)


def _number(variable: Variable, stored: ScoredTransaction) -> float | bool | None:
    if variable.input is None:
        return None
    value = value_of(variable.input, stored)
    if variable.true_below is not None:
        return value < variable.true_below
    if variable.type is Type.TRUTH:
        return value != 0.0
    return value if math.isfinite(value) else None
