"""Ticket resale: day tickets are bought with stolen cards and sold at the station."""

from __future__ import annotations

from typing import ClassVar

from simulate.patterns.pattern import Floats, Rng, draw_cards, draw_new_merchants, draw_steps, move_to_hours
from simulate.payments import Payments
from simulate.population import Population


class TicketResale:
    """A seller at the station buys the tickets that he sells with stolen cards.

    Cards: one an incident. Duration: half a day. Amounts: 24 to 48 EUR. Rhythm: 4 to 8 payments, half an hour
    apart, from 7:00 on. Merchants: local transport, new to the card, card present.
    """

    name: ClassVar[str] = "ticket_resale"
    recipe: ClassVar[str] = "day tickets for 24 to 48 EUR, one after the other, from machines new to the card"
    length: ClassVar[float] = 6.0

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        incident, time = draw_steps(rng, move_to_hours(rng, begin, 7.0, 3.0), 4, 8, gap_s=1_800.0)
        card = draw_cards(rng, people, len(begin))[incident]
        machines = people.merchants.selling(4111, online=False)
        return Payments.of(
            time, rng.uniform(24.0, 48.0, len(time)), card, draw_new_merchants(rng, people, card, machines)
        )
