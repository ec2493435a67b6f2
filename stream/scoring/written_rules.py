"""Lets the rules that people wrote decide: after lists and blocks of entities, before the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.alert import Reason
from contracts.decision import Decision
from features.byte_strings import ByteStrings
from meta.stack import ScoringStack
from rules.actions import MARKING, Action
from rules.definition import WrittenRule
from rules.evaluation import Rows
from rules.rule_set import Matched, RuleSet
from stream.batch import Batch
from stream.scoring.rules import Met

MOST_NAMED: Final = 5
"""Rules that one alert names."""
DECISIONS: Final = {
    Action.APPROVE: Decision.APPROVE,
    Action.REVIEW: Decision.REVIEW,
    Action.DECLINE: Decision.DECLINE,
}


@dataclass(frozen=True, slots=True)
class Transactions:
    """n transactions, as far as scores and decisions depend on them.

    Attributes:
        features: float32 (n, d).
        time: event times, seconds since 1970, (n,).
        amount: float64 (n,).
        currency: packed letters, int32 (n,).
        category: codes, int32 (n,).
        keys: n keys of each entity, the primary one first.
        links: float32 (n, entities).
    """

    features: NDArray[np.float32]
    time: NDArray[np.float64]
    amount: NDArray[np.float64]
    currency: NDArray[np.int32]
    category: NDArray[np.int32]
    keys: Sequence[ByteStrings]
    links: NDArray[np.float32]

    @classmethod
    def of(cls, batch: Batch) -> Transactions:
        """Return those of a batch."""
        columns = batch.columns
        return cls(
            batch.features,
            columns.time,
            columns.amount,
            columns.currency,
            columns.category,
            columns.keys,
            batch.links,
        )


def rows_for(
    of: Transactions,
    stack: ScoringStack,
    frauds: NDArray[np.float32],
    entities: Sequence[str],
    surprise: NDArray[np.float64],
    alone: NDArray[np.float64],
) -> Rows:
    """Return transactions as written rules and the decision policy see them.

    Args:
        of: the transactions.
        stack: what scores.
        frauds: confirmed frauds of each entity, float32 (n, entities).
        entities: kinds of the keys.
        surprise: the highest of all scorers, with risk, (n,).
        alone: the same without risk, (n,).
    """
    return Rows(
        of.features,
        of.time,
        of.amount,
        of.currency,
        of.category,
        dict(zip(entities, of.keys, strict=True)),
        surprise,
        surprise - alone,
        lambda: stack.surprises(of.features) + stack.shifts,
        of.links,
        frauds,
    )


def decide_by_rules(
    matched: Matched,
    rules: RuleSet,
    met: Mapping[int, Met],
    winners: Sequence[str],
    winner: NDArray[np.int32],
    decision: NDArray[np.int8],
) -> tuple[str, ...]:
    """Let the first matching rule of each row decide, where no list or block of an entity does.

    Args:
        matched: which rules match; `first` is set to -1 where an entity's rules keep a rule from deciding.
        rules: the rules.
        met: effects of entities' rules by row.
        winners: ids of the scorers.
        winner: index into `winners` of each row, changed in place.
        decision: decision of each row, changed in place.

    Returns:
        `winners`, followed by the names of the rules that decided.
    """
    first = matched.first
    take_back_suppressed(matched, rules, met, rules.deciding)
    for row, one in met.items():
        if one.allowed or one.blocked_by is not None:
            first[row] = -1
        elif one.suppressed:
            first[row] = _first_not_suppressed(matched, rules, row, one)
    rows = np.flatnonzero(first >= 0)
    if not len(rows):
        return tuple(winners)
    deciding, place = np.unique(first[rows], return_inverse=True)
    chosen = [rules.live[k] for k in deciding.tolist()]
    decision[rows] = np.array([DECISIONS[rule.definition.action] for rule in chosen], np.int8)[place]
    winner[rows] = len(winners) + place
    return (*winners, *(rule.name for rule in chosen))


def rule_reasons(matched: Matched, rules: RuleSet, row: int) -> list[Reason]:
    """Return the live rules that match a row, the one that decides first, at most `MOST_NAMED`."""
    deciding = int(matched.first[row])
    others = [k for k in np.flatnonzero(matched.all[: len(rules.live), row]).tolist() if k != deciding]
    places = [deciding, *others] if deciding >= 0 else others
    return [_reason(rules.live[k], decides=k == deciding) for k in places[:MOST_NAMED]]


def take_back_suppressed(matched: Matched, rules: RuleSet, met: Mapping[int, Met], begin: int = 0) -> None:
    """Take back the matches of rules that a suppression of an entity names.

    Args:
        matched: which rules match, changed in place.
        rules: the rules.
        met: effects of entities' rules by row.
        begin: place of the first rule that is looked at.
    """
    suppressing = [(row, one.suppressed) for row, one in met.items() if one.suppressed]
    if not suppressing:
        return
    places = {rule.name: begin + k for k, rule in enumerate(rules.live[begin:])}
    for row, suppressed in suppressing:
        matched.all[[places[name] for name in suppressed if name in places], row] = 0


def _reason(rule: WrittenRule, *, decides: bool) -> Reason:
    said = "rule" if decides else "rule that also matches"
    if rule.definition.action in MARKING:
        said = rule.definition.effect
    return Reason(f"rule {rule.id}", 1.0, 0.0, f"{said}: {rule.definition.words}")


def _first_not_suppressed(matched: Matched, rules: RuleSet, row: int, met: Met) -> int:
    places = np.flatnonzero(matched.all[: rules.deciding, row]).tolist()
    return next((k for k in places if rules.live[k].name not in met.suppressed), -1)
