"""Measures what actions of rules and segments of a decision policy cost, beside rules that decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from benchmarks.rules.timing import median_us
from features.byte_strings import ByteStrings
from rules.actions import Action
from rules.definition import Mode, RuleDefinition, definition_to_bytes, read_rule
from rules.evaluation import Rows
from rules.policy.compiled import CompiledPolicy
from rules.policy.definition import Bounds, DecisionPolicy, Segment, policy_to_bytes, read_policy
from rules.rule_set import RuleSet
from rules.shifts import shifts_of
from rules.vocabulary import Vocabulary
from stream.scoring.marks import queue_at, tag_texts

RULES: Final = 20
BATCH: Final = 512
_TIMED: Final = 200  # batches; the median counts
_FIELDS: Final = {Action.RAISE: {"by": 0.1}, Action.LOWER: {"by": 0.1}}


def measure_all(
    conditions: list[str], vocabulary: Vocabulary, rows: Rows, log: Callable[[str], None]
) -> list[dict[str, float | str]]:
    """Measure batches in processor time, each with its condition and its effect.

    Args:
        conditions: Conditions of as many rules or segments as are measured.
        vocabulary: The names that there are.
        rows: One batch.
        log: Takes a line of the table.

    Returns:
        Microseconds for each transaction, by what is measured.
    """
    cards, n = rows.keys["card"], len(rows)
    log(f"{'of ' + str(len(conditions)):>22} {'us a transaction':>17}")
    found = list[dict[str, float | str]]()
    for name, call in _calls(conditions, vocabulary, rows, cards).items():
        call()
        us = median_us(call, _TIMED) / n
        log(f"{name:>22} {us:17.3f}")
        found.append({"what": name, "of": float(len(conditions)), "batch": float(n), "us": us})
    return found


def _calls(
    conditions: list[str], vocabulary: Vocabulary, rows: Rows, cards: ByteStrings
) -> dict[str, Callable[[], object]]:
    deciding, raising, lowering, tagging, routing = (
        _rules(conditions, action, vocabulary)
        for action in (Action.REVIEW, Action.RAISE, Action.LOWER, Action.TAG, Action.QUEUE)
    )
    segments = tuple(
        Segment(name=f"s-{place}", when=text, review_from=2.0 + place / 100)
        for place, text in enumerate(conditions)
    )
    policy = DecisionPolicy(segments, Bounds(decline_from=6.0))
    compiled = CompiledPolicy.of(read_policy(policy_to_bytes(policy)), vocabulary, None)
    return {
        "review": lambda: deciding.match(rows, cards),
        "raise": lambda: shifts_of(raising.match(rows, cards).all, raising.by),
        "lower": lambda: shifts_of(lowering.match(rows, cards).all, lowering.by),
        "tag": lambda: tag_texts(tagging.match(rows, cards), tagging, len(rows)),
        "queue": lambda: _routed(routing, rows, cards),
        "segments of a policy": lambda: compiled.bounds(rows, cards, {}, 3.0),
    }


def _routed(rules: RuleSet, rows: Rows, cards: ByteStrings) -> list[str]:
    """Match, and route one alert of a batch: queues are looked up for alerts only."""
    return [queue_at(rules.match(rows, cards), rules, 0)]


def _rules(conditions: list[str], action: Action, vocabulary: Vocabulary) -> RuleSet:
    made = []
    for place, text in enumerate(conditions):
        fields: dict[str, object] = {"tag": f"t-{place}"} if action is Action.TAG else {}
        fields |= {"queue": f"q-{place}"} if action is Action.QUEUE else {}
        fields |= _FIELDS.get(action, {})
        definition = RuleDefinition(text, action, mode=Mode.LIVE, **fields)  # type: ignore[arg-type]
        made.append(read_rule(f"r-{place}", definition_to_bytes(definition)))
    return RuleSet.of(made, vocabulary)
