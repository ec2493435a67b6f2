"""Pharmacy round: a stolen card buys medicines to resell."""

from __future__ import annotations

from typing import ClassVar

from simulate.patterns.pattern import Floats, Rng, draw_cards, draw_new_merchants, draw_steps, move_to_hours
from simulate.payments import Payments
from simulate.population import Population


class PharmacyRound:
    """A thief goes from pharmacy to pharmacy.

    Cards: one an incident. Duration: about three hours. Amounts: 70 to 160 EUR. Rhythm: 3 to 6 payments, 40
    minutes apart, in the afternoon. Merchants: pharmacies, new to the card, card present.
    """

    name: ClassVar[str] = "pharmacy_round"
    recipe: ClassVar[str] = "medicines for 70 to 160 EUR, in one pharmacy after the other within an afternoon"
    length: ClassVar[float] = 4.5

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        incident, time = draw_steps(rng, move_to_hours(rng, begin, 13.0, 3.0), 3, 6, gap_s=2_400.0)
        card = draw_cards(rng, people, len(begin))[incident]
        shops = people.merchants.selling(5912, online=False)
        return Payments.of(
            time, rng.uniform(70.0, 160.0, len(time)), card, draw_new_merchants(rng, people, card, shops)
        )
