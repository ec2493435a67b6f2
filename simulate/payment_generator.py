"""Genuine payments and frauds in one order, window after window."""

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
    """No pattern of that name; the message names those there are."""


def pattern_number(name: str) -> int:
    """The number that stands for a pattern. Raises UnknownPattern."""
    if name not in _NUMBERS:
        raise UnknownPattern(f"no pattern is called {name!r}; there are {', '.join(EVERY)}")
    return _NUMBERS[name]


def even_shares(names: Iterable[str], total: float) -> dict[str, float]:
    """`total` of the payments, spread evenly over patterns. Raises UnknownPattern."""
    unique = list(dict.fromkeys(names))
    for name in unique:
        pattern_number(name)
    return dict.fromkeys(unique, total / max(len(unique), 1))


@dataclass
class PaymentGenerator:
    """Makes all payments of one window of event time after the other.

    rng: what it draws from. start: where the first window begins. pace: how much busier people are than
    usual. shares: of all payments, by pattern; may be changed between windows.
    """

    rng: np.random.Generator
    people: Population
    start: float
    pace: float = 1.0
    shares: dict[str, float] = field(default_factory=dict)
    _begun: Payments = field(default_factory=Payments.none)

    @property
    def per_second(self) -> float:
        """Payments a second of event time, on average over a week."""
        return payments_per_second(self.people) * self.pace / (1.0 - sum(self.shares.values()))

    def next_window(self, seconds: float) -> Payments:
        """The payments of the next `seconds`, in order; what has begun goes on in later windows."""
        end = self.start + seconds
        genuine = genuine_payments(self.rng, self.people, self.start, end, self.pace)
        made = Payments.joined([self._begun, genuine, *self._frauds(genuine, self.shares)])
        later = made.time >= end
        self._begun, self.start = made.take(later), end
        return made.take(~later).in_order()

    def drop_pattern(self, name: str) -> None:
        """Let a pattern end at once, what has begun included."""
        self._begun = self._begun.take(self._begun.family != pattern_number(name))

    def _frauds(self, genuine: Payments, shares: Mapping[str, float]) -> list[Payments]:
        """Incidents that begin when people pay, so that frauds keep their share by day and by night."""
        in_all = len(genuine) / (1.0 - sum(shares.values()))
        return [self._incidents(name, share * in_all, genuine) for name, share in shares.items()]

    def _incidents(self, name: str, payments: float, genuine: Payments) -> Payments:
        pattern = EVERY[name]
        count = self.rng.poisson(payments / pattern.length) if len(genuine) else 0
        begin = self.rng.choice(genuine.time, count) if count else np.empty(0)
        return pattern.incidents(self.rng, self.people, begin).of_family(pattern_number(name))
