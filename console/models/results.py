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


@dataclass(frozen=True)
class Change:
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


@dataclass(frozen=True)
class Effect:
    """What terms alert of the past: in all and a day, its known frauds and their money, and the rest.

    frauds and fraud_amount are what was known, caught and amount_caught what was alerted of it; false_alarms
    are alerts known to be genuine, unjudged alerts that nobody has judged.
    """

    threshold: float
    """As surprise."""
    alerts: int
    alerts_a_day: float
    frauds: int
    caught: int
    fraud_amount: float
    amount_caught: float
    false_alarms: int
    unjudged: int


@dataclass(frozen=True)
class WhatIf:
    """The past as it is scored now and as it would be then; `added` and `lost` count alerts of only one."""

    days: float
    """Of event time that were really looked at."""
    transactions: int
    limited: bool
    """Whether more were stored of these days than are looked at: the newest were taken."""
    now: Effect
    then: Effect
    added: int
    lost: int


STAGES = ("waiting", "calibrating", "reading", "scoring")
"""How far a what-if is, in their order."""


class ModelsBusy(Exception):
    """A what-if is running, and one is enough."""


class CannotScore(Exception):
    """The models cannot say: what they were made with is not in force, or too little is stored."""
