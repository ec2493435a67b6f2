"""Results about transactions: rows of lists, and one transaction in detail."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ReasonRow:
    """One reason for a high score: text, feature, value, and contribution `push`."""

    text: str
    feature: str
    value: float
    push: float


@dataclass(frozen=True)
class TransactionRow:
    """One transaction; fields of the alert are null or empty if there is none.

    `card` and the card in `entities` are masked; `references` identify entities in addresses and filters.
    Times are seconds since 1970-01-01 UTC; `raised_at` is the event time of an alert.
    """

    id: int | None
    transaction_id: str
    event_time: float
    raised_at: float | None
    amount: float
    currency: str
    card: str
    merchant: str
    entities: dict[str, str]
    references: dict[str, str]
    surprise: float
    tail: float
    decision: str
    scorer: str
    control_offset: int
    episode: str = ""
    nearest: str = ""
    reasons: list[ReasonRow] = field(default_factory=list)
    state: str | None = None
    verdict: str | None = None
    assignee: str | None = None
    snoozed_until: float | None = None
    due_at: float | None = None
    """In lists of alerts: the earliest deadline of the open cases that hold the alert."""
    role: str | None = None
    """In an episode: `support` or `lookalike`."""
    queue: str = ""
    """The queue that a written rule routed the alert to."""
    tags: list[str] = field(default_factory=list)
    """Tags that written rules put on the alert."""


@dataclass(frozen=True)
class TransactionList:
    """A page of transactions; `total` stops at 10,000. `more` is set if there are or may be more."""

    total: int
    more: bool
    rows: list[TransactionRow]


@dataclass(frozen=True)
class FeatureRow:
    """One feature: its value, and a description."""

    name: str
    value: float
    text: str


@dataclass(frozen=True)
class VerdictRow:
    """One verdict on a transaction."""

    verdict: str
    source: str
    author: str
    time: float


@dataclass(frozen=True)
class NoteRow:
    """One note."""

    author: str
    time: float
    text: str


@dataclass(frozen=True)
class EpisodeMembership:
    """An episode that contains the transaction; `role` is `support` or `lookalike`."""

    id: str
    name: str
    status: str
    role: str


@dataclass(frozen=True)
class PartScore:
    """The score of one scorer: its surprise, and the shift for its share of the budget."""

    scorer: str
    episode: str
    surprise: float
    shift: float
    threshold: float | None
    """Joint threshold of all scorers, as surprise; a higher value is an alert."""


@dataclass(frozen=True)
class ScoresByPart:
    """Scores of base and detectors; empty, with the reason in `why_not`, if they cannot be recomputed."""

    parts: list[PartScore]
    why_not: str = ""


@dataclass(frozen=True)
class TransactionDetails:
    """One transaction in detail."""

    row: TransactionRow
    partition: int
    offset: int
    trace: str
    """Trace id, for transactions that were traced."""
    arrival: float
    category: int
    features: list[FeatureRow]
    verdicts: list[VerdictRow]
    other_alerts: list[TransactionRow]
    """Other alerts of the same card, newest first."""
    notes: list[NoteRow]
    episodes: list[EpisodeMembership]


@dataclass(frozen=True)
class RevealedEntities:
    """Unmasked keys of all entities."""

    entities: dict[str, str]
