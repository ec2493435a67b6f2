"""The population: cards, merchants and bills."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulate.cards import MONTH_S, Bills, Cards, issue_cards, standing_bills
from simulate.merchants import Merchants, open_merchants

LEAST_CARDS = 100


@dataclass(frozen=True, slots=True)
class Population:
    """Cards and merchants, numbered from 0."""

    cards: Cards
    merchants: Merchants
    bills: Bills

    @property
    def bills_per_second(self) -> float:
        """Bills due per second of event time, on average."""
        return len(self.bills.card) / MONTH_S


def populate(seed: int, cards: int, merchants: int) -> Population:
    """Create a population; equal arguments give equal populations.

    Args:
        seed: 0 or more.
        cards: number of cards, 100 or more.
        merchants: number of merchants, 360 or more.

    Returns:
        The population.

    Raises:
        ValueError: there are too few cards or merchants.
    """
    if cards < LEAST_CARDS:
        raise ValueError(f"{cards} cards: at least {LEAST_CARDS} are needed")
    rng = np.random.default_rng([seed, 0])
    shops = open_merchants(rng, merchants)
    holders = issue_cards(rng, cards, shops)
    return Population(holders, shops, standing_bills(rng, holders, shops))
