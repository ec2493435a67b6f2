"""Grocery run: a found card fills trolleys in supermarkets."""

from __future__ import annotations

from typing import ClassVar

from simulate.patterns.pattern import Floats, Rng, draw_cards, draw_new_merchants, draw_steps, move_to_hours
from simulate.payments import Payments
from simulate.population import Population


class GroceryRun:
    """A thief shops in supermarkets that ask for no code.

    Cards: one an incident. Duration: one day. Amounts: 170 to 260 EUR. Rhythm: 2 to 4 payments, two hours
    apart, from noon on. Merchants: groceries, new to the card, card present.
    """

    name: ClassVar[str] = "grocery_run"
    recipe: ClassVar[str] = "full trolleys for 170 to 260 EUR, in several supermarkets new to the card"
    length: ClassVar[float] = 3.0

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        incident, time = draw_steps(rng, move_to_hours(rng, begin, 12.0, 3.0), 2, 4, gap_s=7_200.0)
        card = draw_cards(rng, people, len(begin))[incident]
        shops = people.merchants.selling(5411, online=False)
        return Payments.of(
            time, rng.uniform(170.0, 260.0, len(time)), card, draw_new_merchants(rng, people, card, shops)
        )
