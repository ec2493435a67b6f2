"""Sends simulated payments to Kafka: first a history, then live traffic at a rate."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from features.offline import Featuriser
from features.schema import TransactionSchema
from flagfive.demo.observer import Observer, Truth
from simulate.chunk import Chunk
from simulate.live import LiveTraffic
from simulate.traffic import SimulatedTraffic
from stream.feed.feed import Feed
from stream.feed.pace import Pace
from stream.feed.rows import RowEncoder

DAY_S = 86_400.0
# Event time of live traffic runs faster than the clock, so it begins a year in the past.
AHEAD_S = 365 * DAY_S
# Below the speed of the scorer. With a backlog, partitions drift apart in event time, and merchants, which
# see all of them, would get a rhythm that live traffic does not have.
HISTORY_RATE = 15_000.0
_DRIFTING_EVERY = 5  # shops whose number this divides send cents once the drift has begun
# Payments sent and not scored yet, at most, on a machine that is too slow for the rate.
_BACKLOG, _LOOK_S = 8_192, 0.01
_CHUNK = 2_048  # live payments generated at a time
_SAMPLE = 60_000  # newest genuine payments of the history, to fit the tails of the base


@dataclass
class DemoTraffic:
    """Sends simulated payments, and gives the observer the truth of live payments."""

    traffic: SimulatedTraffic
    schema: TransactionSchema
    feed: Feed
    observer: Observer
    days: float
    """Days of the history, which ends where live traffic begins."""
    rate: float
    """Live payments a second."""
    history_rate: float = HISTORY_RATE
    """Payments of the history a second, at most."""
    sent: int = 0
    """Transactions sent so far."""
    _drifts: bool = False
    _history: list[Chunk] = field(default_factory=list)
    _history_end: float = 0.0
    _live: LiveTraffic | None = None
    _may_send: asyncio.Event = field(default_factory=asyncio.Event)

    def draw_history(self) -> NDArray[np.float32]:
        """Simulate the history without sending it.

        Returns:
            Features of its newest genuine payments, float32 (n, d).
        """
        featuriser = Featuriser(self.schema)
        self._history_end = time.time() - AHEAD_S
        ordinary: list[NDArray[np.float32]] = []
        for chunk in self.traffic.history(self._history_end - self.days * DAY_S, self.days):
            features = featuriser.features(chunk.features_columns(self.schema))
            ordinary.append(features[~chunk.fraud])
            self._history.append(chunk)
        return np.concatenate(ordinary)[-_SAMPLE:]

    async def send_history(self, progress: Callable[[int], None]) -> None:
        """Send the history of `draw_history`; `progress` receives the number of payments sent."""
        pace = Pace(self.history_rate)
        for chunk in self._history:
            await self._send_paced(chunk, pace)
            progress(self.sent)
        self._history.clear()

    async def run_live(self) -> None:
        """Send live payments at the rate until cancelled."""
        # Event time runs as fast as cards need to pay at their usual pace: profiles then look as in the
        # history.
        self._live = self.traffic.live(self._history_end)
        self._may_send.set()
        pace = Pace(self.rate)
        while True:
            await self._may_send.wait()
            taken = self._live.take(await pace.allow(_CHUNK))
            chunk = in_cents(taken) if self._drifts else taken
            self._register_truth(chunk)
            await self._send(chunk)

    def start_pattern(self, family: str, share: float) -> None:
        """Make a share of the following live payments frauds of this pattern."""
        if self._live is not None:
            self._live.start_pattern(family, share)

    @property
    def live_from(self) -> float:
        """Event time at which live traffic begins, seconds since 1970."""
        return self._history_end

    @property
    def now(self) -> float:
        """Event time up to which live payments are drawn, seconds since 1970."""
        return self._live.now if self._live is not None else self._history_end

    def start_drift(self) -> float:
        """Make a fifth of the shops send cents instead of euros; return the event time of the change."""
        self._drifts = True
        return self.now

    def pause(self) -> None:
        """Send nothing until `resume`."""
        self._may_send.clear()

    def resume(self) -> None:
        """Send again after `pause`."""
        self._may_send.set()

    async def _send_paced(self, chunk: Chunk, pace: Pace) -> None:
        keys, values = RowEncoder(self.schema).encode(chunk.fields(self.schema))
        at = 0
        while at < len(chunk):
            part = slice(at, at + await pace.allow(min(_CHUNK, len(chunk) - at)))
            while self.sent - self.observer.scored > _BACKLOG:
                await asyncio.sleep(_LOOK_S)
            await self.feed.send(keys.take(part), values.take(part))
            self.sent += part.stop - at
            at = part.stop

    async def _send(self, chunk: Chunk) -> None:
        await self.feed.send(*RowEncoder(self.schema).encode(chunk.fields(self.schema)))
        self.sent += len(chunk)

    def _register_truth(self, chunk: Chunk) -> None:
        rows = zip(chunk.ids(), chunk.family.tolist(), chunk.amount.tolist(), strict=True)
        self.observer.truth.update({identity: Truth(family, amount) for identity, family, amount in rows})


def in_cents(chunk: Chunk) -> Chunk:
    """Return the payments with the amounts of every fifth shop multiplied by 100."""
    payments = chunk.payments
    changed = payments.merchant % _DRIFTING_EVERY == 0
    amount = np.where(changed, 100.0 * payments.amount, payments.amount)
    return replace(chunk, payments=replace(payments, amount=amount))
