"""Live traffic: endless payments, with patterns to switch on and off."""

from __future__ import annotations

from collections.abc import Callable

from simulate.chunk import Chunk
from simulate.payment_generator import PaymentGenerator, pattern_number
from simulate.payments import Payments

# Small enough that a new pattern appears soon, and large enough to amortise the calls of numpy.
_WINDOW_PAYMENTS = 1_024
_MOST_FRAUD = 0.5


class LiveTraffic:
    """Endless payments in event-time order; the sizes of `take` do not change them.

    Args:
        generator: generates the payments.
        chunk: makes a chunk of payments, given the number of the first.
    """

    def __init__(self, generator: PaymentGenerator, chunk: Callable[[Payments, int], Chunk]) -> None:
        self._generator, self._chunk = generator, chunk
        self._ready = Payments.none()
        self._taken = 0

    @property
    def now(self) -> float:
        """Event time up to which payments are generated, seconds since 1970."""
        return self._generator.start

    def take(self, count: int) -> Chunk:
        """Return the next `count` payments."""
        while len(self._ready) < count:
            made = self._generator.next_window(_WINDOW_PAYMENTS / self._generator.per_second)
            self._ready = Payments.joined([self._ready, made])
        taken, self._ready = self._ready.take(slice(count)), self._ready.take(slice(count, None))
        chunk = self._chunk(taken, self._taken)
        self._taken += count
        return chunk

    def start_pattern(self, name: str, share: float) -> None:
        """Make a share of all following payments frauds of a pattern.

        Incidents begin with the next generated payments. If they last for days of event time, the share is
        reached after that time.

        Args:
            name: name of the pattern.
            share: share of all payments, over 0; all patterns together at most 0.5.

        Raises:
            UnknownPattern: there is no pattern of this name.
            ValueError: the share is out of range.
        """
        pattern_number(name)
        others = sum(other for known, other in self._generator.shares.items() if known != name)
        if not 0 < share <= _MOST_FRAUD - others:
            raise ValueError(
                f"share {share} of {name}: above 0, and with {others:.3f} of others up to {_MOST_FRAUD}"
            )
        self._generator.shares[name] = share

    def stop_pattern(self, name: str) -> None:
        """Stop a pattern after the payments generated so far.

        Args:
            name: name of the pattern.

        Raises:
            UnknownPattern: there is no pattern of this name.
        """
        pattern_number(name)
        self._generator.shares.pop(name, None)
        self._generator.drop_pattern(name)
