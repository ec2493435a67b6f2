"""Subscription trap: a free trial that charges again and again."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from simulate.patterns.pattern import Floats, Rng, draw_cards, move_to_hours
from simulate.payments import Payments
from simulate.population import Population
from simulate.rhythm import DAY_S

_CARDS = 12
_CHARGES = 3
_EVERY_DAYS = 4
_RUN_S = 600.0


class SubscriptionTrap:
    """A shop takes numbers for a trial and then charges them all, again and again.

    Cards: 12 an incident, 3 charges each. Duration: 8 days. Amounts: one price between 59 and 99 EUR, the
    same for all. Rhythm: every four days one run of ten minutes between 1:00 and 4:00. Merchants: one of
    subscriptions.
    """

    name: ClassVar[str] = "subscription_trap"
    recipe: ClassVar[str] = (
        "a subscription charges a dozen cards the same 59 to 99 EUR in one night, three times"
    )
    length: ClassVar[float] = float(_CARDS * _CHARGES)

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        shops = people.merchants.selling(5968, online=True)
        n = len(begin) * _CARDS
        card = np.repeat(draw_cards(rng, people, n), _CHARGES)
        incident = np.repeat(np.arange(len(begin)), _CARDS * _CHARGES)
        run = move_to_hours(rng, begin, 1.0, 3.0)[incident] + DAY_S * _EVERY_DAYS * np.tile(
            np.arange(_CHARGES), n
        )
        price = np.floor(rng.uniform(59.0, 99.0, len(begin))) + 0.99
        time = run + _RUN_S * rng.random(len(run))
        return Payments.of(time, price[incident], card, rng.choice(shops, len(begin))[incident])
