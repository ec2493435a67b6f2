"""What a detector would bring and cost at each share of the budget, and the chosen share."""

from __future__ import annotations

import msgspec


class TradeOffPoint(msgspec.Struct, frozen=True):
    """One share of the budget and its estimated effect a day.

    Attributes:
        share: how much more surprise the detector gets: 0 is the base's share of the budget, 0.3 twice that.
        found: share of the left-out flags that are found, 0 to 1.
        caught: frauds of the episode that are alerted in addition.
        known_lost: known frauds that are no longer alerted; below 0 more of them are.
        money: amount that both are worth together; None where amounts are not known.
        alerts: alerts in addition, those of frauds included; None where traffic a day is not known.
        confidence: probability that the detector gains something, 0 to 1.
        over: limits of the gate that are exceeded, in words.
    """

    share: float
    found: float
    caught: float
    known_lost: float
    money: float | None
    alerts: float | None
    confidence: float
    over: tuple[str, ...] = ()


class TradeOff(msgspec.Struct, frozen=True):
    """All shares, smallest first.

    Attributes:
        points: the curve.
        chosen: place of the chosen point.
        currency: of the flagged transactions, for `money`; empty where they have several or none.
    """

    points: tuple[TradeOffPoint, ...]
    chosen: int
    currency: str = ""

    @property
    def point(self) -> TradeOffPoint:
        """The chosen point."""
        return self.points[self.chosen]


def in_words(point: TradeOffPoint, currency: str = "") -> str:
    """Return the effect of a point in words.

    >>> in_words(TradeOffPoint(0.0, 0.8, 38.2, 0.4, 14_200.0, 37.8, 0.99), "EUR")
    '+38 frauds and 14,200 EUR a day, -0.4 known frauds, +38 alerts'
    """
    frauds = f"{_signed(point.caught)} frauds"
    money = "" if point.money is None else f" and {point.money:,.0f} {currency}".rstrip()
    alerts = "" if point.alerts is None else f", {_signed(point.alerts)} alerts"
    return f"{frauds}{money} a day, {_signed(-point.known_lost)} known frauds{alerts}"


def _signed(number: float) -> str:
    """Return a number with its sign; below 10 with one digit after the point."""
    digits = 0 if abs(number) >= 10 else 1
    rounded = round(number, digits) + 0.0  # -0.04 becomes 0, not -0
    return f"{rounded:+,.{digits}f}"
