"""Split purchases: expensive goods in several payments, each just below the limit of a check."""

from __future__ import annotations

from typing import ClassVar

from simulate.patterns.pattern import Floats, Rng, draw_cards, draw_new_merchants, draw_steps
from simulate.payments import Payments
from simulate.population import Population


class SplitPurchases:
    """A thief knows that payments from 500 EUR on are checked, and stays below.

    Cards: one an incident. Duration: under an hour. Amounts: 440 to 499.99 EUR. Rhythm: 4 to 7 payments,
    eight minutes apart, at the hours people pay. Merchants: electronics shops, new to the card, card present.
    """

    name: ClassVar[str] = "split_purchases"
    recipe: ClassVar[str] = (
        "electronics just below 500 EUR, several times within an hour, in shops new to the card"
    )
    length: ClassVar[float] = 5.5

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        incident, time = draw_steps(rng, begin, 4, 7, gap_s=480.0)
        card = draw_cards(rng, people, len(begin))[incident]
        shops = people.merchants.selling(5732, online=False)
        return Payments.of(
            time, rng.uniform(440.0, 500.0, len(time)), card, draw_new_merchants(rng, people, card, shops)
        )
