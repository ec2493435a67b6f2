"""Cash-out: a cloned card empties the account at cash machines."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from simulate.patterns.pattern import Floats, Rng, draw_cards, draw_new_merchants, draw_steps
from simulate.payments import Payments
from simulate.population import Population


class CashOut:
    """A runner with a cloned card goes from machine to machine.

    Cards: one an incident. Duration: about an hour. Amounts: 150 to 400 EUR, in fifties. Rhythm: 3 to 6
    withdrawals, twelve minutes apart, at the hours people pay. Merchants: cash machines, new to the card.
    """

    name: ClassVar[str] = "cash_out"
    recipe: ClassVar[str] = "a cloned card draws 150 to 400 EUR at one cash machine after the other"
    length: ClassVar[float] = 4.5

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        incident, time = draw_steps(rng, begin, 3, 6, gap_s=720.0)
        card = draw_cards(rng, people, len(begin))[incident]
        machines = people.merchants.selling(6011, online=False)
        amount = 50.0 * rng.integers(3, 9, len(time)).astype(np.float64)
        return Payments.of(time, amount, card, draw_new_merchants(rng, people, card, machines))
