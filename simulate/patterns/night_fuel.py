"""Night fuel: a copied fuel card fills tanks that are not the holder's."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from simulate.patterns.pattern import Floats, Rng, draw_cards, draw_new_merchants, draw_steps, move_to_hours
from simulate.payments import Payments
from simulate.population import Population
from simulate.rhythm import DAY_S


class NightFuel:
    """A thief sells fuel to lorry drivers at night.

    Cards: one an incident. Duration: two to four nights. Amounts: 90 to 140 EUR. Rhythm: one or two
    payments a night, between 23:00 and 4:00. Merchants: fuel stations, new to the card.
    """

    name: ClassVar[str] = "night_fuel"
    recipe: ClassVar[str] = "fuel for 90 to 140 EUR between 23:00 and 4:00, at stations new to the card"
    length: ClassVar[float] = 4.5

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        night, _ = draw_steps(rng, begin, 2, 4, gap_s=DAY_S)
        order = np.arange(len(night)) - np.searchsorted(night, night)
        first = move_to_hours(rng, begin[night] + DAY_S * order, 23.0, 5.0)
        which, time = draw_steps(rng, first, 1, 2, gap_s=2_700.0)
        card = draw_cards(rng, people, len(begin))[night[which]]
        stations = people.merchants.selling(5541, online=False)
        return Payments.of(
            time, rng.uniform(90.0, 140.0, len(time)), card, draw_new_merchants(rng, people, card, stations)
        )
