"""The trade-off as answers and pages show it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from adaptation.intake.checks import Flagged
from adaptation.proposing.trade_offs import message_of
from contracts.trade_off import TradeOffPoint
from meta import trade_off as gate


def flagged(*currencies: str | None) -> Flagged:
    return Flagged([cast(Any, SimpleNamespace(currency=currency)) for currency in currencies], [])


def test_the_message_holds_every_point_and_the_chosen_one() -> None:
    first = gate.TradeOffPoint(0.1, 3.0, 0.2, 1.0, 2.0, None, None, -1.0, 0.4)
    second = gate.TradeOffPoint(0.2, 2.9, 0.5, 3.0, 4.0, 50.0, 6.0, 7.0, 0.8, (("replay", "too much"),))
    found = message_of(gate.TradeOff((first, second), 1, True), flagged("EUR", "EUR"))
    assert found.points == (
        TradeOffPoint(0.1, 0.2, 1.0, 2.0, None, None, 0.4, ()),
        TradeOffPoint(0.2, 0.5, 3.0, 4.0, 50.0, 6.0, 0.8, ("too much",)),
    )
    assert (found.chosen, found.currency, found.point.share) == (1, "EUR", 0.2)


@pytest.mark.parametrize(
    ("currencies", "said"), [(("EUR", "USD"), ""), (("EUR", None), ""), ((None,), ""), (("USD",), "USD")]
)
def test_money_has_a_currency_where_all_flags_have_the_same(
    currencies: tuple[str | None, ...], said: str
) -> None:
    point = gate.TradeOffPoint(0.1, 3.0, 0.2, 1.0, 2.0, None, None, -1.0, 0.4)
    assert message_of(gate.TradeOff((point,), 0, True), flagged(*currencies)).currency == said
