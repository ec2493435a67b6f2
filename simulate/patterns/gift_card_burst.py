"""Gift-card burst: a stolen card is turned into gift cards."""

from __future__ import annotations

from typing import ClassVar

from simulate.patterns.pattern import Floats, Rng, draw_cards, draw_new_merchants, draw_steps, move_to_hours
from simulate.payments import Payments
from simulate.population import Population


class GiftCardBurst:
    """A thief buys gift cards until the card is blocked.

    Cards: one an incident. Duration: under an hour. Amounts: 50, 75, 100 or 150 EUR. Rhythm: 4 to 8 payments,
    seven minutes apart, while shops are open. Merchants: gift shops, new to the card.
    """

    name: ClassVar[str] = "gift_card_burst"
    recipe: ClassVar[str] = "gift cards of 50 to 150 EUR are bought one after the other, in several shops"
    length: ClassVar[float] = 6.0

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        incident, time = draw_steps(rng, move_to_hours(rng, begin, 9.5, 10.5), 4, 8, gap_s=420.0)
        card = draw_cards(rng, people, len(begin))[incident]
        shops = people.merchants.selling(5947, online=False)
        amount = rng.choice([50.0, 75.0, 100.0, 150.0], len(time))
        return Payments.of(time, amount, card, draw_new_merchants(rng, people, card, shops))
