"""A rule on trial, compiled together with the rules in force that it is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np

from rules.actions import Action
from rules.checking import check
from rules.definition import Mode, RuleDefinition, WrittenRule
from rules.errors import RuleError
from rules.gates import Gates
from rules.parsing import parse
from rules.program import Program, compile_conditions
from rules.shifts import refuse_own_surprise
from rules.syntax import Node, Operation
from rules.typed import Typed, reads
from rules.vocabulary import Vocabulary

MOST_COMPARED: Final = 200
"""Rules in force that a rule is compared with: 200 cost about a fifth of a microsecond a transaction."""
MOST_PARTS: Final = 16
"""Conditions with more parts than this are evaluated as a whole only."""
NOT_STORED: Final = "risk is not stored with transactions, so a rule that reads it cannot be tried on them"


@dataclass(frozen=True)
class RuleTrial:
    """What is evaluated on stored transactions.

    Attributes:
        action: What the rule would do.
        parts: The parts of the condition that `&&` joins, as written; empty where there is one part only.
        program: Parts, then the rule, then the others.
        gates: When, and for which cards, the rule and the others count.
        others: Rules in force, live first, in the order in which they decide.
        not_compared: Why a rule in force is not among them, by its name.
        shift: Surprise that the rule adds; negative for one that lowers it.
        threshold: Surprise over which the scores hold a transaction.
    """

    action: Action
    parts: tuple[str, ...]
    program: Program
    gates: Gates
    others: tuple[WrittenRule, ...]
    not_compared: Mapping[str, str]
    shift: float = 0.0
    threshold: float = np.inf

    @classmethod
    def of(
        cls,
        definition: RuleDefinition,
        vocabulary: Vocabulary,
        in_force: Iterable[WrittenRule],
        apart_from: str = "",
        threshold: float | None = None,
    ) -> RuleTrial:
        """Compile a rule on trial. It counts as live, from any time on, for its percent of the cards.

        Args:
            definition: The rule.
            vocabulary: The names that there are.
            in_force: Rules that are evaluated now.
            apart_from: Id of the rule that it would replace; this one is not compared.
            threshold: Surprise over which the scores hold a transaction; None for no such.

        Raises:
            RuleError: The condition cannot be used, or reads what is not stored.
        """
        tree = parse(definition.condition)
        bound = check(tree, vocabulary, definition.zone)
        refuse_own_surprise(definition, bound)
        if reads(bound, "risk"):
            raise RuleError(NOT_STORED)
        texts, parts = _parts(definition, tree, vocabulary)
        others, trees, missed = _compared(in_force, vocabulary, apart_from)
        tried = replace(
            WrittenRule(apart_from or "on-trial", definition, tree),
            definition=msgspec.structs.replace(definition, mode=Mode.LIVE, start=None, end=None),
        )
        return cls(
            definition.action,
            texts,
            compile_conditions([*parts, bound, *trees]),
            Gates.of([tried, *others]),
            tuple(others),
            missed,
            definition.shift,
            np.inf if threshold is None else threshold,
        )


def _compared(
    in_force: Iterable[WrittenRule], vocabulary: Vocabulary, apart_from: str
) -> tuple[list[WrittenRule], list[Typed], dict[str, str]]:
    others, trees, missed = list[WrittenRule](), list[Typed](), dict[str, str]()
    for rule in in_force:
        if rule.id == apart_from:
            continue
        if len(others) == MOST_COMPARED:
            missed[rule.name] = f"{MOST_COMPARED} rules are compared already"
            continue
        try:
            tree = check(rule.tree, vocabulary, rule.definition.zone)
        except RuleError as error:
            missed[rule.name] = str(error)
            continue
        if reads(tree, "risk"):
            missed[rule.name] = NOT_STORED
            continue
        others.append(rule)
        trees.append(tree)
    return others, trees, missed


def _parts(
    definition: RuleDefinition, tree: Node, vocabulary: Vocabulary
) -> tuple[tuple[str, ...], list[Typed]]:
    """Return the parts that `&&` joins: as written, and bound."""
    if not isinstance(tree, Operation) or tree.operator != "&&" or len(tree.operands) > MOST_PARTS:
        return (), []
    columns = [*(one.column - 1 for one in tree.operands), len(definition.condition)]
    texts = [
        definition.condition[begin:end].strip().removesuffix("(").rstrip().removesuffix("&&").rstrip()
        for begin, end in pairwise(columns)
    ]
    return tuple(texts), [check(one, vocabulary, definition.zone) for one in tree.operands]
