"""Types that the console and the model process exchange; without torch."""

from __future__ import annotations

from dataclasses import dataclass

from replay.blast_radius import BlastRadius
from rules.definition import RuleDefinition
from rules.suggesting import Suggested


@dataclass(frozen=True)
class DraftMatches:
    """Matches of a draft among `scanned` transactions of `days` days of event time."""

    days: float
    scanned: int
    total: int
    alerted: int
    """Matches that other scorers alerted."""
    fraud: int
    genuine: int
    """Matches known to be fraud or genuine."""
    genuine_amount: float
    """Total amount of known genuine matches among the best."""
    best: tuple[str, ...]
    """Ids of the matches, highest surprise first."""

    @property
    def added_a_day(self) -> float:
        """Alerts a day that the draft would add."""
        return (self.total - self.alerted) / self.days


@dataclass(frozen=True)
class AlternativeTerms:
    """Terms to try over the last `days`; None and empty keep the terms in force.

    Attributes:
        days: event time to score, in days.
        detector: id of a stored detector, draft or live; its own flags are not counted.
        scores: whether this detector scores.
        without: ids of other detectors that do not score.
        budget: share of genuine traffic; a new threshold is fitted to it.
        threshold: as surprise, if no budget is given.
    """

    days: float
    detector: str = ""
    scores: bool = True
    without: tuple[str, ...] = ()
    budget: float | None = None
    threshold: float | None = None


@dataclass(frozen=True)
class RuleDraft:
    """A rule to try on the last `days` of event time; `apart_from` is the id of the rule that it replaces."""

    definition: RuleDefinition
    days: float
    apart_from: str = ""


@dataclass(frozen=True)
class RuleSuggestion:
    """A rule that the flags of an episode suggest, and its blast radius.

    Attributes:
        found: The condition, with the flags and the other transactions that it matches.
        radius: What it would have done in the last days.
        detector: Id of the episode's detector; empty without one.
        detector_held: Transactions that the live detector held in these days.
        detector_both: Those of them that the rule matches too.
    """

    found: Suggested
    radius: BlastRadius
    detector: str
    detector_held: int
    detector_both: int


STAGES = ("waiting", "calibrating", "reading", "scoring")
"""Stages of a what-if, in order."""


class ModelsBusy(Exception):
    """Another what-if is running."""


class CannotScore(Exception):
    """Models cannot score: their base or network is not in force, or too little is stored."""
