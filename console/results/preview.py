"""Result of a preview: what an episode would do."""

from __future__ import annotations

from dataclasses import dataclass

from console.results.transactions import TransactionRow


@dataclass(frozen=True)
class SupportCheck:
    """What the flags show by themselves."""

    set_aside: list[str]
    """Flags that the detector is made without."""
    strangers: list[str]
    groups: list[list[str]]
    """Two groups where these are two patterns, else none."""
    ordinary: float | None
    """Share of genuine traffic that looks as much like the pattern as half of the flags do."""
    found: float | None
    """Share of the flags that are found when they are left out."""
    notes: list[str]


@dataclass(frozen=True)
class GateOpinion:
    """Whether the gate would let it pass, and why not."""

    passes: bool
    reason: str


@dataclass(frozen=True)
class MatchExamples:
    """A few matches of both kinds."""

    caught: list[TransactionRow]
    false: list[TransactionRow]


@dataclass(frozen=True)
class EpisodePreview:
    """All of it; figures are null where too little is stored to look back. Amounts in `currency`."""

    support: SupportCheck
    gate: GateOpinion
    added_alert_rate: float
    matches: list[TransactionRow]
    total_matches: int | None
    days: float | None
    alerts_a_day: float | None
    frauds_caught: int | None
    false_positives: int | None
    cost: float | None
    """Amounts of the genuine payments that would have been held."""
    currency: str
    examples: MatchExamples
    why_no_matches: str
