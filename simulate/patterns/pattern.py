"""What a pattern of fraud is to the simulator, and what recipes have in common."""

from __future__ import annotations

from typing import ClassVar, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from simulate.payments import Payments
from simulate.population import Population
from simulate.rhythm import DAY_S, HOUR_S

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int32]
Rng = np.random.Generator

_REDRAWS = 3  # of a merchant that the card knows already


class Pattern(Protocol):
    """A recipe. `length` is the mean number of payments of one incident; `recipe` says in words what it does.

    An incident is one thief at work, with one card or with many.
    """

    name: ClassVar[str]
    recipe: ClassVar[str]
    length: ClassVar[float]

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        """The payments of k incidents that begin at `begin`, float64 (k,); they may go on for days."""


class Steps(NamedTuple):
    """Payments in turn: for each its incident and its time, both (n,)."""

    incident: npt.NDArray[np.int64]
    time: Floats


def draw_steps(rng: Rng, begin: Floats, least: int, most: int, gap_s: float) -> Steps:
    """For each incident `least` to `most` steps; the first at once, then gaps of `gap_s` on average."""
    count = rng.integers(least, most + 1, len(begin))
    incident = np.repeat(np.arange(len(begin)), count)
    elapsed = np.cumsum(rng.exponential(gap_s, len(incident)))
    first = np.cumsum(count) - count
    return Steps(incident, begin[incident] + elapsed - elapsed[first][incident])


def draw_cards(rng: Rng, people: Population, count: int) -> Numbers:
    """Cards, any of them with equal chance."""
    return rng.integers(0, len(people.cards), count).astype(np.int32)


def draw_new_merchants(rng: Rng, people: Population, card: Numbers, shops: Numbers) -> Numbers:
    """One of `shops` for each card, hardly ever one of the card's favourites."""
    merchant = rng.choice(shops, len(card))
    for _ in range(_REDRAWS):
        known = (people.cards.favourites[card] == merchant[:, None]).any(axis=1)
        merchant[known] = rng.choice(shops, int(known.sum()))
    return merchant.astype(np.int32)


def move_to_hours(rng: Rng, begin: Floats, from_hour: float, hours: float) -> Floats:
    """Move times to the next `hours` from `from_hour` on, not before `begin`; past 24 is after midnight."""
    moved = np.floor(begin / DAY_S) * DAY_S + (from_hour + hours * rng.random(len(begin))) * HOUR_S
    return np.where(moved < begin, moved + DAY_S, moved)
