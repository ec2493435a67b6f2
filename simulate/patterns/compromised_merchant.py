"""Compromised merchant: one shop's terminal charges cloned cards."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from simulate.categories import CATEGORIES
from simulate.patterns.pattern import Floats, Rng, at_hour, new_to, victims
from simulate.payments import Payments
from simulate.population import Population
from simulate.rhythm import DAY_S

_MEDIANS = np.array([category.median for category in CATEGORIES])
_CARDS = 24


class CompromisedMerchant:
    """A dishonest shop charges cards that were never there.

    Cards: 24 an incident, one payment each. Duration: three days. Amounts: 3 to 6 times what the shop usually
    takes. Rhythm: 10:00 to 20:00, as if by customers. Merchants: one restaurant, chemist or small shop.
    Source: scenario 2 of the Fraud Detection Handbook (Le Borgne et al. 2022), with amounts.
    """

    name: ClassVar[str] = "compromised_merchant"
    recipe: ClassVar[str] = "one shop charges cards that were never there, 3 to 6 times its usual amount"
    length: ClassVar[float] = float(_CARDS)

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        incident = np.repeat(np.arange(len(begin)), _CARDS)
        card = victims(rng, people, len(incident))
        shops = people.merchants.selling(5812, 5814, 5912, 5999, online=False)
        merchant = new_to(rng, people, card[: len(begin)], shops)[incident]
        day = begin[incident] + DAY_S * rng.integers(0, 3, len(incident))
        usual = _MEDIANS[people.merchants.category[merchant]] * people.merchants.level[merchant]
        amount = usual * rng.uniform(3.0, 6.0, len(incident))
        return Payments.of(at_hour(rng, day, 10.0, 10.0), amount, card, merchant)
