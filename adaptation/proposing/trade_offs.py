"""Puts the gate's trade-off into the message that answers, previews and the console show."""

from __future__ import annotations

from adaptation.intake.checks import Flagged
from contracts.trade_off import TradeOff, TradeOffPoint
from meta import trade_off as gate


def message_of(found: gate.TradeOff, flagged: Flagged) -> TradeOff:
    """Return the curve as a message, with the currency of the flagged transactions."""
    currencies = {row.currency or "" for row in flagged.fraud}
    return TradeOff(
        tuple(_point(point) for point in found.points),
        found.chosen,
        currencies.pop() if len(currencies) == 1 else "",
    )


def _point(point: gate.TradeOffPoint) -> TradeOffPoint:
    return TradeOffPoint(
        point.shift,
        point.found,
        point.caught,
        point.known_lost,
        point.money,
        point.alerts,
        point.confidence,
        tuple(text for _, text in point.over),
    )
