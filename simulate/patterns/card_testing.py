"""Card testing: a script finds out which stolen numbers still work."""

from __future__ import annotations

from typing import ClassVar

from simulate.patterns.pattern import Floats, Rng, draw_cards, draw_steps
from simulate.payments import Payments
from simulate.population import Population


class CardTesting:
    """A script tries stolen numbers at one online shop.

    Cards: 10 to 30 an incident, one payment each. Duration: about ten minutes. Amounts: 0.50 to 3 EUR.
    Rhythm: one every 30 seconds, at any hour. Merchants: one of digital goods or small things.
    Source: the attack that card schemes call account testing or enumeration.
    """

    name: ClassVar[str] = "card_testing"
    recipe: ClassVar[str] = "stolen cards are tried one after the other at one online shop, for 0.50 to 3 EUR"
    length: ClassVar[float] = 20.0

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        incident, time = draw_steps(rng, begin, 10, 30, gap_s=30.0)
        card = draw_cards(rng, people, len(time))
        shops = people.merchants.selling(5815, 5999, online=True)
        merchant = rng.choice(shops, len(begin))[incident]
        return Payments.of(time, rng.uniform(0.5, 3.0, len(time)), card, merchant)
