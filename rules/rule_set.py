"""All rules that count at one time, compiled into one program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from features.byte_strings import ByteStrings
from features.hashing import hash_strings
from rules.actions import SHIFTING, STRICTEST_FIRST, Action
from rules.checking import check
from rules.definition import Mode, RuleDefinition, WrittenRule
from rules.errors import RuleError
from rules.evaluation import NamedList, Rows, matches
from rules.gates import Gates, close_gates
from rules.kernels import Truths
from rules.list_additions import refuse_unfit_list
from rules.lists.table import EMPTY
from rules.parsing import parse
from rules.program import Program, compile_conditions
from rules.shifts import refuse_own_surprise, shifts_of
from rules.typed import Typed, parts_of
from rules.vocabulary import Vocabulary

MOST_RULES: Final = 2_000
"""Rules that are evaluated; those after them wait. 1,000 cost a few microseconds a transaction."""
MOST_PARTS: Final = 40_000
"""Operations, names and constants of all rules: four times those of 1,000 rules of three conditions."""
_NONE: Final = np.empty((0, 0), np.uint8)
_NO_LISTS: Final[Mapping[str, NamedList]] = MappingProxyType({})


@dataclass(frozen=True)
class Matched:
    """Which rules match which of n transactions.

    Attributes:
        first: int32 (n,), place among `RuleSet.live` of the rule that decides; -1 where none does.
        all: uint8 (rules, n), live rules first, then those in shadow.
    """

    first: npt.NDArray[np.int32]
    all: Truths


@dataclass(frozen=True)
class RuleSet:
    """Rules that count, in their order: those that change the surprise, that decide, that tag and route.

    Attributes:
        live: Rules that take effect.
        shadow: Rules whose matches are only recorded.
        dormant: Why a rule is not evaluated, by id: a name in its condition is not there now, for example.
        bound: Condition of each rule that is evaluated, by id; kept so that a change binds only what is new.
        vocabulary: What the names were bound with.
    """

    live: tuple[WrittenRule, ...] = ()
    shadow: tuple[WrittenRule, ...] = ()
    dormant: Mapping[str, str] = field(default_factory=dict)
    bound: Mapping[str, tuple[WrittenRule, Typed]] = field(default_factory=dict)
    vocabulary: Vocabulary = field(default_factory=Vocabulary)

    @classmethod
    def of(
        cls, rules: Iterable[WrittenRule], vocabulary: Vocabulary, before: RuleSet | None = None
    ) -> RuleSet:
        """Bind rules and compile them. A rule that cannot be bound is dormant, and stops none of the others.

        Args:
            rules: All rules; those that are off are left out.
            vocabulary: The names that there are.
            before: The set of before; what it bound with the same names is taken over.
        """
        kept = before.bound if before is not None and before.vocabulary == vocabulary else {}
        bound, dormant = dict[str, tuple[WrittenRule, Typed]](), dict[str, str]()
        left = MOST_PARTS
        for rule in sorted(rules, key=lambda rule: rule.place):
            if rule.definition.mode is Mode.OFF:
                continue
            try:
                if len(bound) == MOST_RULES:
                    raise RuleError(
                        f"{MOST_RULES:,} rules are evaluated already, in the order of their number"
                    )
                held = kept.get(rule.id)
                same = held is not None and held[0].definition == rule.definition
                tree = held[1] if same and held else check(rule.tree, vocabulary, rule.definition.zone)
                refuse_own_surprise(rule.definition, tree)
                refuse_unfit_list(rule.definition, vocabulary)
                if parts_of(tree) > left:
                    raise RuleError(f"the rules before it have {MOST_PARTS - left:,} of {MOST_PARTS:,} parts")
                left -= parts_of(tree)
                bound[rule.id] = rule, tree
            except RuleError as error:
                dormant[rule.id] = str(error)
        counted = [rule for rule, _ in bound.values()]
        made = cls(
            tuple(rule for rule in counted if rule.definition.mode is Mode.LIVE),
            tuple(rule for rule in counted if rule.definition.mode is Mode.SHADOW),
            dormant,
            bound,
            vocabulary,
        )
        for part in (made.shifting, made.others):
            part._try_out()
        return made

    def __len__(self) -> int:
        """Return the number of rules that are evaluated."""
        return len(self.live) + len(self.shadow)

    @property
    def evaluated(self) -> tuple[WrittenRule, ...]:
        """Rules in the order of `Matched.all`."""
        return (*self.live, *self.shadow)

    @cached_property
    def shifting(self) -> RuleSet:
        """The rules that raise or lower the surprise. They are evaluated first."""
        return self._only(lambda rule: rule.definition.action in SHIFTING)

    @cached_property
    def others(self) -> RuleSet:
        """All other rules; they read the surprise that those have changed."""
        return self._only(lambda rule: rule.definition.action not in SHIFTING)

    @cached_property
    def by(self) -> npt.NDArray[np.float64]:
        """What each live rule adds to the surprise, float64 (live,)."""
        return np.array([rule.definition.shift for rule in self.live], np.float64)

    @cached_property
    def adding(self) -> tuple[int, ...]:
        """Places among `live` of the rules that add to a list."""
        return tuple(at for at, rule in enumerate(self.live) if rule.definition.action is Action.ADD_TO_LIST)

    @cached_property
    def deciding(self) -> int:
        """Number of live rules that decide; without those that change the surprise, they come first."""
        return sum(rule.definition.action in STRICTEST_FIRST for rule in self.live)

    def _only(self, wanted: Callable[[WrittenRule], bool]) -> RuleSet:
        live, shadow = tuple(filter(wanted, self.live)), tuple(filter(wanted, self.shadow))
        if len(live) + len(shadow) == len(self):
            return self
        return RuleSet(live, shadow, {}, self.bound, self.vocabulary)

    @cached_property
    def program(self) -> Program:
        """The program of all conditions."""
        return compile_conditions([self.bound[rule.id][1] for rule in self.evaluated])

    @cached_property
    def gates(self) -> Gates:
        """When, and for which cards, each rule counts."""
        return Gates.of(self.evaluated)

    def _try_out(self) -> None:
        """Evaluate one row of zeros, so that everything is compiled here and not by the first batch."""
        one, zero = ByteStrings.from_list([b"0"]), np.zeros(1)
        none = np.zeros(1, np.int32)
        rows = Rows(
            np.zeros((1, len(self.vocabulary.features)), np.float32),
            zero,
            zero,
            none,
            none,
            dict.fromkeys(self.vocabulary.entities, one),
            zero,
            zero,
            lambda: np.zeros((1, 1 + len(self.vocabulary.episodes))),
            np.zeros((1, len(self.vocabulary.entities)), np.float32),
            np.zeros((1, len(self.vocabulary.entities)), np.float32),
        )
        self.match(rows, one, dict.fromkeys(self.vocabulary.lists, EMPTY))

    def match(self, rows: Rows, cards: ByteStrings, lists: Mapping[str, NamedList] = _NO_LISTS) -> Matched:
        """Evaluate all rules; a row's result is the same in any batch.

        Args:
            rows: n transactions.
            cards: Keys of the primary entity, by which a rule can be live for a part.
            lists: All lists of the vocabulary.
        """
        first = np.full(len(rows), -1, np.int32)
        if not len(self) or not len(rows):
            return Matched(first, _NONE)
        matched = matches(self.program, rows, lists)
        gates = self.gates
        hashes = hash_strings(cards) if gates.by_card else np.zeros(len(rows), np.uint64)
        close_gates(
            matched, gates.start, gates.end, gates.below, gates.salt, rows.time, hashes, self.deciding, first
        )
        return Matched(first, matched)


def warm_up() -> None:
    """Load the machine code that rules need, so that the first rule does not hold up a running worker."""
    definition = RuleDefinition("amount > 1 && card.count_1h > 1", Action.REVIEW)
    rule = WrittenRule("warm-up", definition, parse(definition.condition))
    RuleSet.of([rule], Vocabulary(("card_log_seconds_since_last", "card_log_count_1h")))
    shifts_of(np.zeros((1, 1), np.uint8), np.zeros(1))
    EMPTY.holds(ByteStrings.from_list([b"0"]), np.zeros(1))
