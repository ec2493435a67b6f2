"""Phantom bookings: a hotel's booking system charges stored cards."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from simulate.patterns.pattern import Floats, Rng, draw_cards, move_to_hours
from simulate.payments import Payments
from simulate.population import Population
from simulate.rhythm import HOUR_S

_CARDS = 18


class PhantomBookings:
    """Someone charges the cards that a hotel has stored.

    Cards: 18 an incident, one payment each. Duration: one night. Amounts: 250 to 600 EUR, whole. Rhythm: six
    hours from midnight on. Merchants: one hotel.
    """

    name: ClassVar[str] = "phantom_bookings"
    recipe: ClassVar[str] = "one hotel charges stored cards 250 to 600 EUR at night, each card once"
    length: ClassVar[float] = float(_CARDS)

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        incident = np.repeat(np.arange(len(begin)), _CARDS)
        card = draw_cards(rng, people, len(incident))
        hotel = rng.choice(people.merchants.selling(7011, online=False), len(begin))[incident]
        time = move_to_hours(rng, begin, 0.0, 0.0)[incident] + 6.0 * HOUR_S * rng.random(len(incident))
        return Payments.of(time, np.floor(rng.uniform(250.0, 600.0, len(time))), card, hotel)
