"""Simulated traffic from a seed: a history of days, and live traffic with patterns to switch on and off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np

from simulate.chunk import Chunk, EntityIds
from simulate.genuine import payments_per_second
from simulate.ids import opaque_ids
from simulate.live import LiveTraffic
from simulate.patterns import KNOWN
from simulate.payment_generator import PaymentGenerator, even_shares
from simulate.payments import Payments
from simulate.population import Population, populate
from simulate.rhythm import DAY_S

CARDS, MERCHANTS = 5_000, 800
FRAUD_SHARE = 0.005  # share of payments, in the history and in live traffic
_WINDOW_PAYMENTS = 32_768  # payments of a history generated at once
_LIVE_NUMBERS = 1 << 50  # first number of live transactions, above those of any history
_HISTORY, _LIVE = 1, 2  # streams of random numbers
_ODD = 0x9E3779B97F4A7C15  # spreads seeds, so that seed + 1 does not equal a start one millisecond later


class SimulatedTraffic:
    """Cards and merchants with their payments; equal arguments give equal payments.

    Args:
        seed: 0 or more.
        cards: number of cards, 100 or more.
        merchants: number of merchants, 360 or more.

    Example:
        >>> traffic = SimulatedTraffic(seed=7, cards=200)
        >>> sum(len(chunk) for chunk in traffic.history(1.7e9, days=2.0)) > 500
        True
    """

    def __init__(self, seed: int, cards: int = CARDS, merchants: int = MERCHANTS) -> None:
        self.seed = seed
        self.people: Population = populate(seed, cards, merchants)

    @property
    def per_second(self) -> float:
        """Genuine payments per second of event time at the usual pace."""
        return payments_per_second(self.people)

    def history(
        self,
        start: float,
        days: float,
        families: Iterable[str] = tuple(KNOWN),
        *,
        per_day: float | None = None,
        fraud_share: float = FRAUD_SHARE,
    ) -> Iterator[Chunk]:
        """Generate a history of payments in order.

        Args:
            start: event time of its beginning, seconds since 1970.
            days: length.
            families: patterns that occur all the time, `fraud_share` of the payments together.
            per_day: payments a day, over 0; None for the usual pace.
            fraud_share: share of the payments that is fraud, 0 to 1.

        Yields:
            A chunk of about 30,000 payments.

        Raises:
            UnknownPattern: a family has no pattern of its name.
            ValueError: `per_day` is not above 0.
        """
        shares = even_shares(families, fraud_share)
        generator = PaymentGenerator(
            self._rng(_HISTORY), self.people, start, self._pace(per_day, DAY_S), shares
        )
        end, number = start + days * DAY_S, 0
        while generator.start < end:
            made = generator.next_window(min(_WINDOW_PAYMENTS / generator.per_second, end - generator.start))
            yield self._chunk(made, start, number)
            number += len(made)

    def live(
        self,
        start: float,
        per_second: float | None = None,
        *,
        families: Iterable[str] = tuple(KNOWN),
        fraud_share: float = FRAUD_SHARE,
    ) -> LiveTraffic:
        """Make endless payments from `start` on.

        A feed that sends r payments a second of wall time makes event time pass `r / per_second` times as
        fast. With a `per_second` far above `SimulatedTraffic.per_second`, cards are busier than in the
        history and their profiles change. Let event time pass faster instead.

        Args:
            start: event time of the first payment, seconds since 1970.
            per_second: payments a second of event time, over 0; None for the usual pace of the cards.
            families: patterns that occur from the start, `fraud_share` of the payments together.
            fraud_share: share of the payments that are fraud, 0 to 1.

        Returns:
            The source of payments.

        Raises:
            UnknownPattern: a family has no pattern of its name.
            ValueError: `per_second` is not above 0.
        """
        shares = even_shares(families, fraud_share)
        generator = PaymentGenerator(
            self._rng(_LIVE), self.people, start, self._pace(per_second, 1.0), shares
        )
        return LiveTraffic(generator, lambda made, number: self._chunk(made, start, _LIVE_NUMBERS + number))

    @cached_property
    def _names(self) -> EntityIds:
        return EntityIds.of(self.people, self.seed)

    def _rng(self, stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, stream])

    def _pace(self, payments: float | None, seconds: float) -> float:
        if payments is None:
            return 1.0
        if not payments > 0:
            raise ValueError(f"{payments} payments: the number must be over 0")
        return payments / seconds / self.per_second

    def _run(self, start: float) -> int:
        """Return a number below 2**60 for the ids of everything that begins at `start`."""
        return (self.seed * _ODD + int(start * 1000)) % (1 << 60)

    def _chunk(self, made: Payments, start: float, first: int) -> Chunk:
        """Make a chunk. Ids depend on the start too, so that a later simulation repeats no id."""
        numbers = np.arange(first, first + len(made))
        return Chunk(
            made,
            opaque_ids("tx_", numbers, self._run(start)),
            self.people,
            self._names,
        )
