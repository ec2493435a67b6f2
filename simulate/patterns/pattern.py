"""The protocol of a fraud pattern, and functions that recipes share."""

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

_REDRAWS = 3  # redraws of a merchant that is a favourite of the card


class Pattern(Protocol):
    """A fraud pattern.

    An incident is one attack, with one card or many. `length` is the mean number of payments of an incident;
    `recipe` describes the pattern.
    """

    name: ClassVar[str]
    recipe: ClassVar[str]
    length: ClassVar[float]

    def incidents(self, rng: Rng, people: Population, begin: Floats) -> Payments:
        """Generate the payments of k incidents that begin at `begin`, (k,); incidents may last for days."""


class Steps(NamedTuple):
    """Payments of incidents: index of the incident and time of each payment, both (n,)."""

    incident: npt.NDArray[np.int64]
    time: Floats


def draw_steps(rng: Rng, begin: Floats, least: int, most: int, gap_s: float) -> Steps:
    """Draw `least` to `most` payments per incident; the first at `begin`, then gaps of `gap_s` on average."""
    count = rng.integers(least, most + 1, len(begin))
    incident = np.repeat(np.arange(len(begin)), count)
    elapsed = np.cumsum(rng.exponential(gap_s, len(incident)))
    first = np.cumsum(count) - count
    return Steps(incident, begin[incident] + elapsed - elapsed[first][incident])


def draw_cards(rng: Rng, people: Population, count: int) -> Numbers:
    """Draw cards with equal probability."""
    return rng.integers(0, len(people.cards), count).astype(np.int32)


def draw_new_merchants(rng: Rng, people: Population, card: Numbers, shops: Numbers) -> Numbers:
    """Draw one of `shops` for each card; favourites of the card are redrawn up to 3 times."""
    merchant = rng.choice(shops, len(card))
    for _ in range(_REDRAWS):
        known = (people.cards.favourites[card] == merchant[:, None]).any(axis=1)
        merchant[known] = rng.choice(shops, int(known.sum()))
    return merchant.astype(np.int32)


def move_to_hours(rng: Rng, begin: Floats, from_hour: float, hours: float) -> Floats:
    """Move times forward to a random time in the `hours` after `from_hour`; over 24 is after midnight."""
    moved = np.floor(begin / DAY_S) * DAY_S + (from_hour + hours * rng.random(len(begin))) * HOUR_S
    return np.where(moved < begin, moved + DAY_S, moved)
