"""Results about one entity: a card, a merchant or a device."""

from __future__ import annotations

from dataclasses import dataclass

from console.results.transactions import TransactionRow


@dataclass(frozen=True)
class EntityProfile:
    """Figures over the latest transactions; `whole` is set if these are all that are stored."""

    transactions: int
    whole: bool
    first_seen: float
    last_seen: float
    total_amount: float
    mean_amount: float
    largest_amount: float
    alerts: int
    frauds: int
    """Confirmed frauds."""
    currency: str


@dataclass(frozen=True)
class EntityDay:
    """One day of event time in UTC; `at` is its start."""

    at: float
    transactions: int
    amount: float
    highest_surprise: float


@dataclass(frozen=True)
class Partner:
    """Another entity in the same transactions."""

    kind: str
    key: str
    reference: str
    transactions: int


@dataclass(frozen=True)
class LinkedEntity:
    """One entity of a graph of links; the key of a card is masked.

    `payments`, `alerts` and `frauds` count the payments that were read. A `hub` has more payments than are
    read, and is not followed further.
    """

    kind: str
    key: str
    reference: str
    steps: int
    """Links from where the graph begins: 0, 1 or 2."""
    payments: int
    alerts: int
    frauds: int
    """Confirmed frauds."""
    hub: bool


@dataclass(frozen=True)
class EntityLink:
    """Two entities of the same payments, by their places among the entities of the graph."""

    source: int
    target: int
    payments: int
    last: float
    """Event time of the latest one."""


@dataclass(frozen=True)
class EntityLinks:
    """Entities within two links, nearest first, and the links between them."""

    since: float
    """Payments from this event time on count."""
    entities: list[LinkedEntity]
    links: list[EntityLink]
    limited: str
    """What was left out, and why; empty where all is shown."""


@dataclass(frozen=True)
class EntityDetails:
    """One entity; the key of a card is masked."""

    kind: str
    key: str
    reference: str
    profile: EntityProfile
    days: list[EntityDay]
    """The last 60 days with transactions, oldest first."""
    partners: list[Partner]
    timeline: list[TransactionRow]
    """Latest transactions, newest first."""
    alerts: list[TransactionRow]
