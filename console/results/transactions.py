"""Results about transactions: rows of lists, and one transaction in detail."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ReasonRow:
    """One thing that pushed the score up: in words, and the feature behind it."""

    text: str
    feature: str
    value: float
    push: float


@dataclass(frozen=True)
class TransactionRow:
    """One transaction; what comes of an alert is null or empty where it raised none.

    `card` and the card among `entities` are masked; `references` stand for entities in addresses and filters.
    Times are seconds since 1970-01-01 UTC, `raised_at` is the event time of an alert.
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
    role: str | None = None
    """In an episode: `support` or `lookalike`."""


@dataclass(frozen=True)
class TransactionList:
    """A page of transactions; `more` where there are more than `total`, which is counted up to 10,000."""

    total: int
    more: bool
    rows: list[TransactionRow]


@dataclass(frozen=True)
class FeatureRow:
    """One feature as the model saw it, and in words."""

    name: str
    value: float
    text: str


@dataclass(frozen=True)
class VerdictRow:
    """What somebody said of a transaction, and when."""

    verdict: str
    source: str
    author: str
    time: float


@dataclass(frozen=True)
class NoteRow:
    """One remark."""

    author: str
    time: float
    text: str


@dataclass(frozen=True)
class EpisodeMembership:
    """An episode that a transaction belongs to, as `support` or `lookalike`."""

    id: str
    name: str
    status: str
    role: str


@dataclass(frozen=True)
class PartScore:
    """What one scorer makes of a transaction: its surprise, with its share of the budget as a shift."""

    scorer: str
    episode: str
    surprise: float
    shift: float
    threshold: float | None
    """Of all scorers together, as surprise; an alert is what lies over it."""


@dataclass(frozen=True)
class ScoresByPart:
    """What base and detectors made of it; empty, with the reason, where that cannot be told."""

    parts: list[PartScore]
    why_not: str = ""


@dataclass(frozen=True)
class TransactionDetails:
    """All that a person sees of one transaction."""

    row: TransactionRow
    partition: int
    offset: int
    trace: str
    """Id under which a collector of traces holds it, if it was followed."""
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
    """Keys of all entities, unmasked."""

    entities: dict[str, str]
