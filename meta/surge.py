"""The surge budget: for a limited time, an episode may alert more than the budget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Surge:
    """A larger budget for a time.

    Attributes:
        part: Part of the budget that is added, over 0.
        until: When it ends, seconds since 1970.
    """

    part: float
    until: float


def surge_in_force(surges: Iterable[Surge], now: float) -> Surge | None:
    """Return the largest surge that has not ended by `now`, seconds since 1970; None without one.

    Surges do not add up: two attacks at once must not flood the queue.

    >>> surge_in_force([Surge(0.25, 100.0), Surge(0.1, 900.0)], 50.0)
    Surge(part=0.25, until=100.0)
    """
    lasting = [surge for surge in surges if surge.until > now]
    return max(lasting, key=lambda surge: (surge.part, surge.until), default=None)


def budget_in_force(budget: float, surges: Iterable[Surge], now: float) -> float:
    """Return the share of genuine traffic that may be alerted now.

    Args:
        budget: The same without any surge, 0 to 1.
        surges: Surges of live detectors.
        now: Seconds since 1970.

    >>> begun = [Surge(0.25, 100.0)]
    >>> budget_in_force(0.001, begun, 50.0), budget_in_force(0.001, begun, 100.0)
    (0.00125, 0.001)
    """
    surge = surge_in_force(surges, now)
    return budget if surge is None else budget * (1.0 + surge.part)
