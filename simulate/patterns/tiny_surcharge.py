"""Tiny surcharge: a restaurant chain's terminal charges a few cents more."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from simulate.patterns.pattern import Floats, Rng, draw_cards, move_to_hours
from simulate.payments import Payments
from simulate.population import Population
from simulate.rhythm import HOUR_S

_CARDS = 20


class TinySurcharge:
    """A terminal charges cards that paid elsewhere with an amount that no one notices.

    Cards: 20 an incident, one payment each. Duration: four hours. Amounts: 0.90 to 1.90 EUR. Rhythm: from
    11:00 on. Merchants: one fast-food shop, card present.
    """

    name: ClassVar[str] = "tiny_surcharge"
    recipe: ClassVar[str] = "one fast-food shop charges twenty cards 0.90 to 1.90 EUR around noon"
    length: ClassVar[float] = float(_CARDS)

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        incident = np.repeat(np.arange(len(begin)), _CARDS)
        card = draw_cards(rng, people, len(incident))
        shop = rng.choice(people.merchants.selling(5814, online=False), len(begin))[incident]
        time = move_to_hours(rng, begin, 11.0, 0.0)[incident] + 4.0 * HOUR_S * rng.random(len(incident))
        return Payments.of(time, rng.uniform(0.9, 1.9, len(time)), card, shop)
