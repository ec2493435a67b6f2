"""Cards: habits of their holders, and monthly bills."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulate.categories import BILL_CODES
from simulate.merchants import ONLINE, REGIONS, Merchants
from simulate.rhythm import DAY_S, KIND_SHARES

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int32]

FAVOURITES = 16
MONTH_S = 30 * DAY_S

_ONLINE_FAVOURITES = 5
_PER_DAY, _RATE_SPREAD = 1.3, 0.6  # payments by choice: median, and spread of the logarithm
_LEVEL_SPREAD = 0.35
_BILLS_PER_CARD = 1.5
_BILL_MEDIAN, _BILL_SPREAD = 22.0, 0.8


@dataclass(frozen=True, slots=True)
class Cards:
    """n cards, ordered by the kind of rhythm of their holders."""

    region: Numbers
    """Region in which the holder lives, (n,)."""
    level: Floats
    """Factor on amounts, (n,)."""
    favourites: Numbers
    """Merchants, most visited first, (n, FAVOURITES)."""
    reach: Floats
    """Cumulative payments per second, (n,)."""
    first: Numbers
    """Index at which each kind begins, (kinds + 1,)."""

    def __len__(self) -> int:
        return len(self.region)

    @property
    def rate(self) -> float:
        """Payments per second of all cards together, on average."""
        return float(self.reach[-1])


@dataclass(frozen=True, slots=True)
class Bills:
    """b monthly bills; `phase` is the time within the month, 0 to MONTH_S, in seconds."""

    card: Numbers
    merchant: Numbers
    amount: Floats
    phase: Floats


def issue_cards(rng: np.random.Generator, count: int, merchants: Merchants) -> Cards:
    """Create cards of holders of all kinds, each with favourite merchants at home and online."""
    kind = np.sort(rng.choice(len(KIND_SHARES), count, p=KIND_SHARES))
    region = rng.integers(0, REGIONS, count).astype(np.int32)
    home = np.repeat(region[:, None], FAVOURITES, axis=1)
    home[:, rng.permutation(FAVOURITES)[:_ONLINE_FAVOURITES]] = ONLINE
    favourites = merchants.in_regions(rng, home.ravel()).reshape(count, FAVOURITES)
    rate = _PER_DAY / DAY_S * np.exp(_RATE_SPREAD * rng.standard_normal(count))
    return Cards(
        region,
        np.exp(_LEVEL_SPREAD * rng.standard_normal(count)),
        favourites,
        np.cumsum(rate),
        np.searchsorted(kind, np.arange(len(KIND_SHARES) + 1)).astype(np.int32),
    )


def standing_bills(rng: np.random.Generator, cards: Cards, merchants: Merchants) -> Bills:
    """Create monthly bills, 1.5 per card on average."""
    payers = np.repeat(np.arange(len(cards), dtype=np.int32), rng.poisson(_BILLS_PER_CARD, len(cards)))
    billers = merchants.selling(*BILL_CODES, online=True)
    amount = np.round(_BILL_MEDIAN * np.exp(_BILL_SPREAD * rng.standard_normal(len(payers)))) - 0.01
    phase = rng.random(len(payers)) * MONTH_S
    return Bills(payers, rng.choice(billers, len(payers)), np.maximum(amount, 0.99), phase)
