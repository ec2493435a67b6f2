"""Results about one entity: a card, a merchant or a device."""

from __future__ import annotations

from dataclasses import dataclass

from console.results.transactions import TransactionRow


@dataclass(frozen=True)
class EntityProfile:
    """Figures over the latest transactions, `whole` where these are all that are stored."""

    transactions: int
    whole: bool
    first_seen: float
    last_seen: float
    total_amount: float
    mean_amount: float
    largest_amount: float
    alerts: int
    frauds: int
    """Confirmed."""
    currency: str


@dataclass(frozen=True)
class EntityDay:
    """One day of event time, UTC; `at` is its beginning."""

    at: float
    transactions: int
    amount: float
    highest_surprise: float


@dataclass(frozen=True)
class Partner:
    """Another entity that it was seen with."""

    kind: str
    key: str
    reference: str
    transactions: int


@dataclass(frozen=True)
class EntityDetails:
    """All that a person sees of one entity; a card's key is masked."""

    kind: str
    key: str
    reference: str
    profile: EntityProfile
    days: list[EntityDay]
    """The last 60 days on which it was seen, oldest first."""
    partners: list[Partner]
    timeline: list[TransactionRow]
    """Its latest transactions, latest first."""
    alerts: list[TransactionRow]
