"""Last-minute flight: a ticket is bought with a stolen card and sold at once."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from simulate.patterns.pattern import Floats, Rng, draw_cards, draw_steps, move_to_hours
from simulate.payments import Payments
from simulate.population import Population


class LastMinuteFlight:
    """A seller of cheap tickets pays the airline with stolen cards.

    Cards: one an incident. Duration: minutes. Amounts: log-normal around 620 EUR. Rhythm: one or two
    payments, five minutes apart, between 19:00 and 23:00. Merchants: airlines, online.
    """

    name: ClassVar[str] = "last_minute_flight"
    recipe: ClassVar[str] = "one or two flights around 620 EUR are bought in the evening and resold"
    length: ClassVar[float] = 1.5

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        incident, time = draw_steps(rng, move_to_hours(rng, begin, 19.0, 4.0), 1, 2, gap_s=300.0)
        card = draw_cards(rng, people, len(begin))[incident]
        airlines = people.merchants.selling(4511, online=True)
        amount = 620.0 * np.exp(0.25 * rng.standard_normal(len(time)))
        return Payments.of(time, amount, card, rng.choice(airlines, len(time)))
