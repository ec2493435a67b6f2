"""Results about episodes: rows of lists, and one episode in detail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from console.results.transactions import TransactionRow


@dataclass(frozen=True)
class EpisodeRow:
    """One episode in a list, with counts of its detector's alerts."""

    id: str
    name: str
    status: str
    reason: str | None
    author: str
    flagged_at: float
    flags: int
    """Transactions flagged as fraud."""
    detector_id: str | None
    control_offset: int | None
    flag_to_adapted_ms: float | None
    flag_to_live_ms: float | None
    caught: int
    confirmed: int
    rejected: int
    money_held: float
    """Amount of the confirmed alerts."""
    money_open: float
    """Amount of the alerts that no one has judged."""
    precision: float | None
    proposal: str | None
    """A proposal of the worker, such as retirement, and its reason."""
    asks: int
    """Transactions that look like the episode and that no one has judged yet."""
    growth_waits: str | None
    """Why transactions that joined the live episode wait for approval; null where none do."""


@dataclass(frozen=True)
class EpisodeList:
    """A page of episodes."""

    total: int
    rows: list[EpisodeRow]


@dataclass(frozen=True)
class Acks:
    """Live on `live` of `of` partitions; `seconds` from flag to all partitions, null until then."""

    live: int
    of: int
    seconds: float | None


@dataclass(frozen=True)
class HistoryEvent:
    """One action in the history. `details` is free-form: its fields depend on the action."""

    at: float
    author: str
    what: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DetectorVersion:
    """One version of the episode's detector on the control log."""

    control_offset: int
    at: float
    author: str
    reason: str
    retired: bool


@dataclass(frozen=True)
class EpisodeDetails(EpisodeRow):
    """One episode with its flags, acknowledgements and history."""

    currency: str
    members: int
    """Transactions of the episode, flagged and genuine; an approval names this number."""
    support: list[TransactionRow]
    to_review: list[TransactionRow]
    """Transactions that look like the episode, though they count as genuine: are these fraud too?"""
    acks: Acks | None
    first_catch: TransactionRow | None
    gate: dict[str, Any]
    """Findings of the gate, such as alert rates and threshold. Free-form, as the worker stores them."""
    notes: list[str]
    readaptations: list[DetectorVersion]
    history: list[HistoryEvent]
