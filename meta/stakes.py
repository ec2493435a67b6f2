"""What is at stake a day: how often the pattern of an episode comes, and how often known fraud does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from meta.arrays import Doubles, Rows

DAY_S = 86_400.0
_PRIOR_FRAUDS = 0.5
_PRIOR_DAYS = 0.25
"""Prior of the pattern's rate: half a fraud in six hours, so that two flags of one second are no flood."""
_KNOWN_SHARE = 0.001
"""Share of traffic that is known fraud, assumed with the weight of one day until a day is confirmed."""
_UNKNOWN = 1.0  # relative variance of a rate that nothing measures: right within a factor of two or so
_MOST_SINCE = 10_000  # rows since the first flag that are looked at; in spread order, so of all the time
NO_ROWS = np.empty(0, np.intp)


@dataclass(frozen=True)
class Frauds:
    """Frauds of one kind, as they were confirmed.

    Attributes:
        seconds: Event time of each, float64 (m,), seconds since 1970.
        amount: Amount of each, float64 (m,), in units of the currency; empty where amounts are not known.
    """

    seconds: Doubles
    amount: Doubles = field(default_factory=lambda: np.empty(0))

    def __len__(self) -> int:
        return len(self.seconds)

    @property
    def mean_amount(self) -> float | None:
        """Mean amount; None where no amount is known."""
        return float(np.mean(self.amount)) if len(self.amount) else None

    def days(self, now: float) -> float:
        """Days from the first fraud to `now`, seconds since 1970."""
        return max(now - float(np.min(self.seconds)), 0.0) / DAY_S if len(self) else 0.0


@dataclass(frozen=True)
class Stakes:
    """What an episode and known fraud are about; what is not known is left out.

    Attributes:
        flags: The flagged transactions.
        now: Event time of the newest transaction, seconds since 1970.
        since: Rows of recent traffic at or after the first flag.
        per_day: Transactions a day; None before a day of them is known.
        known: Confirmed frauds of each replay set, by its name.
    """

    flags: Frauds
    now: float
    since: Rows = field(default_factory=lambda: NO_ROWS)
    per_day: float | None = None
    known: Mapping[str, Frauds] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        flags: Frauds,
        event_time: Doubles,
        own: Rows,
        *,
        per_day: float | None,
        known: Mapping[str, Frauds],
    ) -> Stakes:
        """Find the rows since the first flag.

        Args:
            flags: See the attribute.
            event_time: Event time of recent traffic, float64 (n,), in `spread_order`.
            own: Rows of recent traffic that are transactions of the episode.
            per_day: See the attribute.
            known: See the attribute.
        """
        later = event_time >= np.min(flags.seconds)
        later[own] = False
        now = max(float(np.max(flags.seconds)), float(np.max(event_time, initial=0.0)))
        return cls(flags, now, np.flatnonzero(later)[:_MOST_SINCE], per_day, known)


@dataclass(frozen=True)
class Rates:
    """Frauds a day, and what they are worth.

    By default nothing is known. Then the rate of the pattern is the unit, and all known fraud together is
    assumed to come as often as the pattern.

    Attributes:
        pattern: Frauds of the pattern a day, over 0.
        known: Frauds a day of each replay set by name.
        spread: Relative variance of the ratio of both.
        per_day: Transactions a day; None where they are not known.
        amount: Mean amount of the pattern; None where it is not known.
        known_amount: Mean amount of known fraud; None where it is not known.
        measured: Whether rates are counts a day; otherwise `pattern` is the unit.
        weight: How many frauds that the base knows one fraud of the pattern is worth, 1 or more.
    """

    pattern: float
    known: Mapping[str, float]
    spread: float = _UNKNOWN
    per_day: float | None = None
    amount: float | None = None
    known_amount: float | None = None
    measured: bool = False
    weight: float = 1.0


def rates_of(
    stakes: Stakes | None,
    streams: Mapping[str, int],
    episodes: Sequence[str],
    *,
    flags: int,
    unflagged: float = 0.0,
) -> Rates:
    """Estimate rates from the stakes.

    What is seen of the pattern has a gamma posterior: flags, and frauds beside them, since the first flag. So
    has the rate of known fraud. Analysts see only a part of a new pattern, so the geometric mean
    of both counts. Samples of one stream of fraud share its rate by their number of rows.

    A pattern that is known from a handful of flags has just begun, and an attack grows until it is stopped.
    So in weighing, the pattern as a whole is worth no less than all known fraud of the base.

    Args:
        stakes: What is known; None for nothing.
        streams: Replay sets that are samples of what the base finds: number of rows by name.
        episodes: Replay sets of live episodes.
        flags: Number of flags.
        unflagged: Share of the traffic since the first flag that is of the pattern and not flagged, 0 to 1.
    """
    pattern, spread, measured = 1.0, 1.0 / (_PRIOR_FRAUDS + flags), False
    if stakes is not None and len(stakes.flags):
        days = stakes.flags.days(stakes.now)
        seen = flags + unflagged * (stakes.per_day or 0.0) * days
        pattern, measured = (_PRIOR_FRAUDS + seen) / (_PRIOR_DAYS + days), True
    known, doubt = _known_rate(stakes, tuple(streams), pattern)
    pattern = math.sqrt(pattern * known)
    weight = max(known / pattern, 1.0)
    rows = max(sum(streams.values()), 1)
    rates = {name: known * count / rows for name, count in streams.items()}
    for name in episodes:
        found = stakes.known.get(name) if stakes is not None else None
        if stakes is not None and found is not None and len(found):
            rates[name] = (_PRIOR_FRAUDS + len(found)) / (_PRIOR_DAYS + found.days(stakes.now))
        else:
            rates[name] = known / len(episodes)
    if stakes is None:
        return Rates(pattern, rates, spread + doubt, weight=weight)
    amounts = [one.mean_amount for one in stakes.known.values() if one.mean_amount is not None]
    return Rates(
        pattern,
        rates,
        spread + doubt,
        stakes.per_day,
        stakes.flags.mean_amount,
        float(np.mean(amounts)) if amounts else None,
        measured,
        weight,
    )


def _known_rate(stakes: Stakes | None, names: Sequence[str], pattern: float) -> tuple[float, float]:
    """Return the frauds a day that the base finds, and the relative variance of this rate."""
    if stakes is None:
        return pattern, _UNKNOWN
    confirmed = [stakes.known[name] for name in names if name in stakes.known and len(stakes.known[name])]
    frauds = sum(len(one) for one in confirmed)
    days = max((one.days(stakes.now) for one in confirmed), default=0.0)
    if stakes.per_day is None:
        return (frauds / days, 1.0 / frauds) if days >= 1.0 else (pattern, _UNKNOWN)
    return (frauds + _KNOWN_SHARE * stakes.per_day) / (days + 1.0), 1.0 / (1.0 + frauds)


def unflagged_share(surprise: Doubles, left_out: Doubles) -> float:
    """Estimate the share of recent traffic that is of the pattern, beyond what genuine traffic explains.

    Rows that look as much like the pattern as half of the left-out flags are counted. Of genuine traffic, the
    surprise says how many do. What is above that number, less its standard deviation, is half of the pattern.

    Args:
        surprise: Surprise of unlabelled recent rows under the new detector, float64 (m,).
        left_out: Surprise of each flag when it is left out, float64 (k,).

    Returns:
        The share, 0 to 1.

    Source:
        Elkan and Noto 2008, positive and unlabelled examples; here the classifier is the detector's tail.

    Example:
        >>> rows = np.r_[np.zeros(990), np.full(10, 4.0)]
        >>> round(unflagged_share(rows, np.array([2.5, 3.0, 3.5])), 3)
        0.012
    """
    if not len(surprise):
        return 0.0
    like = max(float(np.median(left_out)), _LIKE)
    genuine = len(surprise) * 10.0**-like
    excess = float(np.sum(surprise >= like)) - genuine - np.sqrt(genuine)
    found = float(np.mean(left_out >= like))
    return float(min(max(excess, 0.0) / len(surprise) / max(found, _FOUND), 1.0))


_LIKE = 2.0  # surprise; lower, one genuine row in a hundred or more would count
_FOUND = 0.5  # share of left-out flags over their median; fewer where the median is raised to `_LIKE`
