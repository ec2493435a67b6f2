"""What the model process answers; free of torch, so that the console can read it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Matches:
    """What a draft would have alerted over `days` days of event time, among `scanned` transactions."""

    days: float
    scanned: int
    total: int
    alerted: int
    """Matches that were alerted anyway."""
    fraud: int
    genuine: int
    """Matches that are known to be one or the other."""
    genuine_amount: float
    """Amounts of the known genuine among those that surprise most."""
    best: tuple[str, ...]
    """Ids of the matches, the most surprising first."""

    @property
    def added_a_day(self) -> float:
        """Alerts a day that it would have added."""
        return (self.total - self.alerted) / self.days


@dataclass(frozen=True)
class PartScore:
    """What one scorer makes of a transaction: its surprise, with its share of the budget as a shift."""

    scorer: str
    episode: str
    surprise: float
    shift: float
    threshold: float | None
    """Of all scorers together, as surprise; an alert is what lies over it."""


class CannotScore(Exception):
    """The models cannot say: what they were made with is not in force, or too little is stored."""
