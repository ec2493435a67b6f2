"""Results about episodes: rows of lists, and one episode in detail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from console.results.transactions import TransactionRow


@dataclass(frozen=True)
class EpisodeRow:
    """One episode in a list, with what its detector's alerts have come to."""

    id: str
    name: str
    status: str
    reason: str | None
    author: str
    flagged_at: float
    detector_id: str | None
    control_offset: int | None
    flag_to_adapted_ms: float | None
    flag_to_live_ms: float | None
    caught: int
    confirmed: int
    rejected: int
    money_held: float
    precision: float | None
    proposal: str | None
    """What the worker proposes, such as retirement, and why."""


@dataclass(frozen=True)
class EpisodeList:
    """A page of episodes."""

    total: int
    rows: list[EpisodeRow]


@dataclass(frozen=True)
class Acks:
    """«Live on `live` of `of` partitions after `seconds`»."""

    live: int
    of: int
    seconds: float | None


@dataclass(frozen=True)
class HistoryEvent:
    """Something that was done: by whom, when."""

    at: float
    author: str
    what: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DetectorVersion:
    """One announcement of the episode's detector on the control log."""

    control_offset: int
    at: float
    author: str
    reason: str
    retired: bool


@dataclass(frozen=True)
class EpisodeDetails(EpisodeRow):
    """One episode whole."""

    currency: str
    support: list[TransactionRow]
    acks: Acks | None
    first_catch: TransactionRow | None
    gate: dict[str, Any]
    """What the gate found: alert rates, threshold, losses."""
    notes: list[str]
    readaptations: list[DetectorVersion]
    history: list[HistoryEvent]
