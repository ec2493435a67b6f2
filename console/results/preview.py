"""Result of a preview: what an episode would do."""

from __future__ import annotations

from dataclasses import dataclass

from console.results.transactions import TransactionRow


@dataclass(frozen=True)
class SupportCheck:
    """Checks of the flags."""

    set_aside: list[str]
    """Flags that the detector does not use."""
    strangers: list[str]
    groups: list[list[str]]
    """Two groups if the flags form two patterns, otherwise empty."""
    ordinary: float | None
    """Share of genuine traffic that looks as much like the pattern as half of the flags do."""
    found: float | None
    """Share of the flags that are found when left out (leave-one-out)."""
    notes: list[str]


@dataclass(frozen=True)
class GateOpinion:
    """Whether the gate would let the detector pass; `reason` says why not."""

    passes: bool
    reason: str


@dataclass(frozen=True)
class TradeOffRow:
    """One share of the budget and its estimated effect a day, as `contracts.trade_off` defines it."""

    share: float
    found: float
    caught: float
    known_lost: float
    money: float | None
    alerts: float | None
    confidence: float
    over: list[str]
    words: str
    """The effect in words."""


@dataclass(frozen=True)
class TradeOffCurve:
    """All shares, smallest first, and the place of the chosen one. Money is in `currency`."""

    points: list[TradeOffRow]
    chosen: int
    currency: str


@dataclass(frozen=True)
class MatchExamples:
    """Example matches: known fraud and known genuine."""

    caught: list[TransactionRow]
    false: list[TransactionRow]


@dataclass(frozen=True)
class EpisodePreview:
    """The preview of an episode; figures are null if too little is stored. Amounts are in `currency`."""

    support: SupportCheck
    gate: GateOpinion
    trade_off: TradeOffCurve | None
    """Null if the worker is of an earlier version."""
    added_alert_rate: float
    matches: list[TransactionRow]
    total_matches: int | None
    days: float | None
    alerts_a_day: float | None
    frauds_caught: int | None
    false_positives: int | None
    cost: float | None
    """Total amount of known genuine payments that would have been held."""
    currency: str
    examples: MatchExamples
    why_no_matches: str
    searched: bool = True
    """Whether earlier payments were searched for matches; a request can leave that to a later one."""
