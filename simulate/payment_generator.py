"""Generates genuine payments and frauds in event-time order, window by window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from simulate.genuine import genuine_payments, payments_per_second
from simulate.patterns import EVERY
from simulate.payments import GENUINE, Payments
from simulate.population import Population

_NUMBERS = {name: number for number, name in enumerate(EVERY, start=GENUINE + 1)}


class UnknownPattern(KeyError):
    """There is no pattern of this name; the message lists the names."""


def pattern_number(name: str) -> int:
    """Return the number of a pattern, 1 or more.

    Args:
        name: name of the pattern.

    Returns:
        The number.

    Raises:
        UnknownPattern: there is no pattern of this name.
    """
    if name not in _NUMBERS:
        raise UnknownPattern(f"there is no pattern {name!r}; allowed are {', '.join(EVERY)}")
    return _NUMBERS[name]


def even_shares(names: Iterable[str], total: float) -> dict[str, float]:
    """Divide a share of the payments evenly over patterns.

    Args:
        names: names of patterns; repeated names count once.
        total: share of all payments, 0 to 1.

    Returns:
        Share of each pattern, by name.

    Raises:
        UnknownPattern: a name is unknown.
    """
    unique = list(dict.fromkeys(names))
    for name in unique:
        pattern_number(name)
    return dict.fromkeys(unique, total / max(len(unique), 1))


@dataclass
class PaymentGenerator:
    """Generates the payments of one window of event time after another."""

    rng: np.random.Generator
    people: Population
    start: float
    """Event time at which the next window begins, seconds since 1970."""
    pace: float = 1.0
    """Genuine payments relative to the usual number."""
    shares: dict[str, float] = field(default_factory=dict)
    """Share of all payments, by pattern; may change between windows."""
    _begun: Payments = field(default_factory=Payments.none)

    @property
    def per_second(self) -> float:
        """Payments a second of event time, averaged over a week."""
        return payments_per_second(self.people) * self.pace / (1.0 - sum(self.shares.values()))

    def next_window(self, seconds: float) -> Payments:
        """Generate the payments of the next `seconds` of event time, in order.

        Incidents that have begun continue in later windows.

        Args:
            seconds: length of the window.

        Returns:
            The payments.
        """
        end = self.start + seconds
        genuine = genuine_payments(self.rng, self.people, self.start, end, self.pace)
        made = Payments.joined([self._begun, genuine, *self._frauds(genuine, self.shares)])
        later = made.time >= end
        self._begun, self.start = made.take(later), end
        return made.take(~later).in_order()

    def drop_pattern(self, name: str) -> None:
        """End a pattern at once, including incidents that have begun."""
        self._begun = self._begun.take(self._begun.family != pattern_number(name))

    def _frauds(self, genuine: Payments, shares: Mapping[str, float]) -> list[Payments]:
        """Generate incidents that begin when people pay, so that fraud has an equal share day and night."""
        in_all = len(genuine) / (1.0 - sum(shares.values()))
        return [self._incidents(name, share * in_all, genuine) for name, share in shares.items()]

    def _incidents(self, name: str, payments: float, genuine: Payments) -> Payments:
        pattern = EVERY[name]
        count = self.rng.poisson(payments / pattern.length) if len(genuine) else 0
        begin = self.rng.choice(genuine.time, count) if count else np.empty(0)
        return pattern.incidents(self.rng, self.people, begin).of_family(pattern_number(name))
