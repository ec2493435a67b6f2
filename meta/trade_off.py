"""What a detector brings a day and what it costs, for each share of the budget; one share is chosen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TradeOffPoint:
    """One share of the budget and its estimated effect.

    Rates are a day where they are known. Otherwise 1 is the rate at which the pattern comes.

    Attributes:
        shift: Added to the detector's surprise.
        threshold: Joint threshold, as surprise.
        found: Share of the left-out flags that are found, 0 to 1.
        caught: Frauds of the episode that are alerted in addition.
        known_lost: Known frauds that are no longer alerted; below 0 more of them are.
        money: What both are worth together; None where amounts are not known.
        alerts: Alerts in addition, those of frauds included; None where traffic a day is not known.
        gain: What the objective counts: frauds, or money.
        confidence: Probability that the gain is above 0.
        over: Limits that are exceeded, each as name of the setting and by how much in words.
    """

    shift: float
    threshold: float
    found: float
    caught: float
    known_lost: float
    money: float | None
    alerts: float | None
    gain: float
    confidence: float
    over: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class TradeOff:
    """All shares that a detector may get, smallest first, and the chosen one.

    Attributes:
        points: The curve.
        chosen: Place of the chosen point.
        measured: Whether rates are a day; otherwise they are parts of the pattern's rate.
    """

    points: tuple[TradeOffPoint, ...]
    chosen: int
    measured: bool

    @property
    def point(self) -> TradeOffPoint:
        """The chosen point."""
        return self.points[self.chosen]

    @property
    def best(self) -> TradeOffPoint:
        """The point of the largest gain, limits aside."""
        return max(self.points, key=lambda point: point.gain)
