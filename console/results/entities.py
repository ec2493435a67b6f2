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
