"""Merchants: region, category and popularity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulate.categories import CATEGORIES

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int32]

REGIONS = 8
ONLINE = REGIONS  # the region of merchants without a shop
CODES = np.array([category.code for category in CATEGORIES], np.int32)

_SHARES = np.array([category.share for category in CATEGORIES])
_ONLINE_SHARES = np.array([category.online for category in CATEGORIES])
_FAME = 1.1  # spread of popularity: the most popular tenth makes about a third of all payments
_LEVEL_SPREAD = 0.25
_PER_REGION = 40  # merchants per region, so that every region has some of most categories


@dataclass(frozen=True, slots=True)
class Merchants:
    """m merchants, ordered by region."""

    region: Numbers
    """0 to REGIONS - 1, or ONLINE, (m,)."""
    category: Numbers
    """Index in CATEGORIES, (m,)."""
    level: Floats
    """Factor on the usual amount of the category, (m,)."""
    reach: Floats
    """Cumulative popularity, (m,)."""
    first: Numbers
    """Index at which each region begins, (REGIONS + 2,)."""

    def __len__(self) -> int:
        return len(self.region)

    def selling(self, *codes: int, online: bool) -> Numbers:
        """Return the merchants of some categories, online ones or shops."""
        wanted = np.isin(CODES[self.category], codes) & ((self.region == ONLINE) == online)
        return np.flatnonzero(wanted).astype(np.int32)

    def in_regions(self, rng: np.random.Generator, region: Numbers) -> Numbers:
        """Draw a merchant for each of n regions, by popularity."""
        below = np.concatenate([[0.0], self.reach])
        low, high = below[self.first[region]], below[self.first[region + 1]]
        found = np.searchsorted(self.reach, low + rng.random(len(region)) * (high - low), side="right")
        return np.asarray(np.minimum(found, self.first[region + 1] - 1), np.int32)


def open_merchants(rng: np.random.Generator, count: int) -> Merchants:
    """Create merchants of all categories and regions.

    Args:
        rng: source of random numbers.
        count: number of merchants, 360 or more.

    Returns:
        The merchants.

    Raises:
        ValueError: `count` is too low.
    """
    least = _PER_REGION * (REGIONS + 1)
    if count < least:
        raise ValueError(f"{count} merchants: at least {least} are needed, for all regions to have some")
    category = rng.choice(len(CATEGORIES), count, p=_SHARES / _SHARES.sum()).astype(np.int32)
    online = rng.random(count) < _ONLINE_SHARES[category]
    region = np.where(online, ONLINE, rng.integers(0, REGIONS, count)).astype(np.int32)
    order = np.argsort(region, kind="stable")
    category, region = category[order], region[order]
    return Merchants(
        region,
        category,
        np.exp(_LEVEL_SPREAD * rng.standard_normal(count)),
        np.cumsum(np.exp(_FAME * rng.standard_normal(count))),
        np.searchsorted(region, np.arange(REGIONS + 2)).astype(np.int32),
    )
