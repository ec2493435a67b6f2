"""What the model process answers; free of torch, so that the console can read it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DraftMatches:
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
class AlternativeTerms:
    """Other terms over the last `days`: what is None or empty stays as it is in force.

    detector: id of a stored one, draft or live; its own flags are left out of what is counted. scores:
    whether it does. without: ids of others that do not. budget: share of genuine traffic that a new threshold
    is fitted to. threshold: as surprise, where no budget is given.
    """

    days: float
    detector: str = ""
    scores: bool = True
    without: tuple[str, ...] = ()
    budget: float | None = None
    threshold: float | None = None


STAGES = ("waiting", "calibrating", "reading", "scoring")
"""How far a what-if is, in their order."""


class ModelsBusy(Exception):
    """A what-if is running, and one is enough."""


class CannotScore(Exception):
    """The models cannot say: what they were made with is not in force, or too little is stored."""
