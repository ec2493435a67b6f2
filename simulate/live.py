"""Live traffic: as many payments as are asked for, patterns on and off in between."""

from __future__ import annotations

from collections.abc import Callable

from simulate.chunk import Chunk
from simulate.payment_generator import PaymentGenerator, pattern_number
from simulate.payments import Payments

# Few enough that a pattern switched on is seen in the next payments, enough to amortise numpy's calls.
_WINDOW_PAYMENTS = 1_024
_MOST_FRAUD = 0.5


class LiveTraffic:
    """Payments without end, in event-time order; how they are cut into takes does not change them.

    Args:
        generator: makes them. chunk: names them, given the number of the first.
    """

    def __init__(self, generator: PaymentGenerator, chunk: Callable[[Payments, int], Chunk]) -> None:
        self._generator, self._chunk = generator, chunk
        self._ready = Payments.none()
        self._taken = 0

    @property
    def now(self) -> float:
        """Event time up to which payments are made, seconds since 1970."""
        return self._generator.start

    def take(self, count: int) -> Chunk:
        """The next `count` payments."""
        while len(self._ready) < count:
            made = self._generator.next_window(_WINDOW_PAYMENTS / self._generator.per_second)
            self._ready = Payments.joined([self._ready, made])
        taken, self._ready = self._ready.take(slice(count)), self._ready.take(slice(count, None))
        chunk = self._chunk(taken, self._taken)
        self._taken += count
        return chunk

    def start_pattern(self, name: str, share: float) -> None:
        """From now on `share` of all payments, 0 to 0.5, are of this pattern.

        Its first incidents begin with the next payments made; where they last for days of event time, the
        share is reached after that long. Raises UnknownPattern, and ValueError where frauds would outnumber
        the rest.
        """
        pattern_number(name)
        others = sum(other for known, other in self._generator.shares.items() if known != name)
        if not 0 < share <= _MOST_FRAUD - others:
            raise ValueError(
                f"share {share} of {name}: above 0, and with {others:.3f} of others up to {_MOST_FRAUD}"
            )
        self._generator.shares[name] = share

    def stop_pattern(self, name: str) -> None:
        """No more of this pattern after the payments made so far. Raises UnknownPattern."""
        pattern_number(name)
        self._generator.shares.pop(name, None)
        self._generator.drop_pattern(name)
