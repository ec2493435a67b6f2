"""Account takeover: someone else shops with the holder's account."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from simulate.patterns.pattern import Floats, Rng, draw_cards, draw_new_merchants, draw_steps
from simulate.payments import Payments
from simulate.population import Population


class AccountTakeover:
    """A thief has the holder's login and buys what can be shipped or travelled away.

    Cards: one an incident. Duration: a few hours. Amounts: log-normal around 380 EUR, far over the usual.
    Rhythm: 3 to 7 payments, about 20 minutes apart, at the hours people pay. Merchants: online shops of
    clothing, other goods, flights and hotels, new to the card.
    """

    name: ClassVar[str] = "account_takeover"
    recipe: ClassVar[str] = "a stolen login buys clothing, flights and hotels online, around 380 EUR a time"
    length: ClassVar[float] = 5.0

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        incident, time = draw_steps(rng, begin, 3, 7, gap_s=1_200.0)
        card = draw_cards(rng, people, len(begin))[incident]
        shops = people.merchants.selling(5651, 5999, 4511, 7011, online=True)
        amount = 380.0 * np.exp(0.35 * rng.standard_normal(len(time)))
        return Payments.of(time, amount, card, draw_new_merchants(rng, people, card, shops))
