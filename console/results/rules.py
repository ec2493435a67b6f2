"""Results about written rules: lists, one in detail, checks and tests of conditions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from console.results.transactions import TransactionRow
from replay.blast_radius import BlastRadius
from rules.suggesting import Suggested


@dataclass(frozen=True)
class RuleTerms:
    """What people write; times are event times in seconds since 1970 UTC."""

    condition: str
    action: str
    mode: str
    order: int
    percent: float
    zone: str
    start: float | None
    end: float | None
    owner: str
    note: str
    by: float = 0.0
    """Surprise that the actions `raise` and `lower` add and take away."""
    tag: str = ""
    queue: str = ""
    to_list: str = ""
    """The list to which `add_to_list` adds the id of the transaction's `entity`, for a time such as `7d`."""
    entity: str = ""
    lasting: str = ""


@dataclass(frozen=True)
class RuleDay:
    """Matches of one day of event time (UTC), which begins at `at`.

    `shadow` counts matches that decided nothing, at most 100 of a batch. `live` counts alerts that the rule
    raised; `confirmed` and `rejected` are those of them with a verdict.
    """

    at: float
    shadow: int = 0
    live: int = 0
    confirmed: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class RuleRow:
    """One rule in a list, with its matches by day, oldest first."""

    id: str
    terms: RuleTerms
    state: str
    """`ok`, `removed`, or why it is not evaluated."""
    written_by: str
    """Who last changed what it decides; with four eyes another person sets it live."""
    changed_by: str
    changed_at: float
    reason: str
    control_offset: int
    days: list[RuleDay]


@dataclass(frozen=True)
class RuleList:
    """A page of rules in the order in which they decide."""

    total: int
    rows: list[RuleRow]


@dataclass(frozen=True)
class RuleVersion:
    """One version on the control log; `terms` is null where it removed the rule."""

    control_offset: int
    at: float
    author: str
    reason: str
    terms: RuleTerms | None


@dataclass(frozen=True)
class RuleDetails(RuleRow):
    """One rule with its versions, newest first, and the transactions that it matched last."""

    versions: list[RuleVersion]
    newest: list[TransactionRow]
    four_eyes: bool
    """Whether another person than `written_by` must set it live."""


@dataclass(frozen=True)
class RuleProblem:
    """Why a condition cannot be used."""

    what: str
    """What was found, and what is allowed."""
    column: int
    """Place in the condition, from 1; 0 where the whole is meant."""
    found: str = ""
    """A misspelt name."""
    close: list[str] = field(default_factory=list)
    """Names that are spelt alike."""


@dataclass(frozen=True)
class RuleCheck:
    """Whether a condition can be used; `problem` is null if it can."""

    problem: RuleProblem | None


@dataclass(frozen=True)
class RuleName:
    """A name that a condition may use: its type, and its meaning in words."""

    name: str
    type: str
    words: str


@dataclass(frozen=True)
class RuleNames:
    """All names, functions and zones that a condition may use."""

    rows: list[RuleName]


@dataclass(frozen=True)
class RuleValue:
    """The value of a name for one transaction; null where the transaction has none, or it is not stored."""

    name: str
    value: Any


@dataclass(frozen=True)
class RuleTest:
    """Whether a condition is true for one transaction, and the values that it reads."""

    matches: bool
    values: list[RuleValue]
    transaction: TransactionRow


@dataclass(frozen=True)
class CounterExample:
    """A transaction that a rule does not match, though it comes close; `why` says what is missing."""

    transaction: TransactionRow
    why: str


@dataclass(frozen=True)
class RulePreview:
    """What a rule would have done in stored traffic, with the newest matches and near misses."""

    radius: BlastRadius
    examples: list[TransactionRow]
    counter_examples: list[CounterExample]


@dataclass(frozen=True)
class RuleFromFlags:
    """A rule that the flags of an episode suggest, with its blast radius.

    `detector_held` counts transactions that the episode's live detector held in these days; `detector_both`
    counts those of them that the rule matches too.
    """

    found: Suggested
    preview: RulePreview
    detector: str
    detector_held: int
    detector_both: int
