"""Compromised merchant: one shop's terminal charges cloned cards."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from simulate.categories import CATEGORIES
from simulate.patterns.pattern import Floats, Rng, draw_cards, move_to_hours
from simulate.payments import Payments
from simulate.population import Population
from simulate.rhythm import HOUR_S

_MEDIANS = np.array([category.median for category in CATEGORIES])
_CARDS = 24


class CompromisedMerchant:
    """A dishonest shop charges cards that were never there.

    Cards: 24 an incident, one payment each. Duration: one afternoon. Amounts: 4 to 8 times what the shop
    usually takes. Rhythm: three hours from 15:00 on. Merchants: one restaurant, chemist or small shop.
    Source: scenario 2 of the Fraud Detection Handbook (Le Borgne et al. 2022), with amounts.
    """

    name: ClassVar[str] = "compromised_merchant"
    recipe: ClassVar[str] = "one shop charges cards that were never there, 4 to 8 times its usual amount"
    length: ClassVar[float] = float(_CARDS)

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        incident = np.repeat(np.arange(len(begin)), _CARDS)
        card = draw_cards(rng, people, len(incident))
        shops = people.merchants.selling(5812, 5814, 5912, 5999, online=False)
        merchant = rng.choice(shops, len(begin))[incident]
        usual = _MEDIANS[people.merchants.category[merchant]] * people.merchants.level[merchant]
        time = move_to_hours(rng, begin, 15.0, 0.0)[incident] + 3.0 * HOUR_S * rng.random(len(incident))
        return Payments.of(time, usual * rng.uniform(4.0, 8.0, len(incident)), card, merchant)
