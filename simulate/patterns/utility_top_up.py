"""Utility top-up: a stolen card pays other people's bills."""

from __future__ import annotations

from typing import ClassVar

from simulate.patterns.pattern import Floats, Rng, draw_cards, draw_new_merchants, draw_steps
from simulate.payments import Payments
from simulate.population import Population
from simulate.rhythm import DAY_S


class UtilityTopUp:
    """A broker pays the electricity of his customers with stolen cards.

    Cards: one an incident. Duration: two to three days. Amounts: 180, 240 or 300 EUR. Rhythm: 2 or 3
    payments, a day apart, at the hours people pay. Merchants: utilities, new to the card, online.
    """

    name: ClassVar[str] = "utility_top_up"
    recipe: ClassVar[str] = "other people's electricity is paid with 180, 240 or 300 EUR, a day apart"
    length: ClassVar[float] = 2.5

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        incident, time = draw_steps(rng, begin, 2, 3, gap_s=DAY_S)
        card = draw_cards(rng, people, len(begin))[incident]
        utilities = people.merchants.selling(4900, online=True)
        amount = rng.choice([180.0, 240.0, 300.0], len(time))
        return Payments.of(time, amount, card, draw_new_merchants(rng, people, card, utilities))
