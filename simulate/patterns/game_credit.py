"""Game credit: a hijacked account buys the same credit again and again."""

from __future__ import annotations

from typing import ClassVar

from simulate.patterns.pattern import Floats, Rng, draw_cards, draw_steps
from simulate.payments import Payments
from simulate.population import Population


class GameCredit:
    """A thief buys credit in a game with the card that the account has stored.

    Cards: one an incident. Duration: about a quarter of an hour. Amounts: 19.99 or 49.99 EUR, the same
    throughout. Rhythm: 6 to 10 payments, 100 seconds apart, at the hours people pay. Merchants: one of
    digital goods.
    """

    name: ClassVar[str] = "game_credit"
    recipe: ClassVar[str] = (
        "a hijacked game account buys credit for 19.99 or 49.99 EUR, over and over, at one merchant"
    )
    length: ClassVar[float] = 8.0

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        incident, time = draw_steps(rng, begin, 6, 10, gap_s=100.0)
        card = draw_cards(rng, people, len(begin))[incident]
        merchant = rng.choice(people.merchants.selling(5815, online=True), len(begin))[incident]
        amount = rng.choice([19.99, 49.99], len(begin))[incident]
        return Payments.of(time, amount, card, merchant)
