"""Simulated payments at a rate, and the frauds among them that analysts may flag."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

import numpy as np

from features.offline import Featuriser
from features.schema import TransactionSchema
from meta.arrays import Floats
from simulate.chunk import Chunk
from simulate.patterns import HELD_OUT
from simulate.traffic import SimulatedTraffic
from stream.feed.feed import Feed
from stream.feed.pace import Pace
from stream.feed.rows import RowEncoder

CARDS, MERCHANTS = 3_000, 600
HISTORY_DAYS, START_S = 10.0, 1.7e9
HISTORY_RATE = 10_000.0
PATTERN_SHARE = 0.002
"""Of traffic, for each new pattern: at 500 payments a second, five flags are there after five seconds."""
_AT_A_TIME = 1_000
_KEPT = 400  # newest frauds of a pattern


@dataclass
class Traffic:
    """Sends a history, then live payments with new patterns.

    Attributes:
        frauds: Ids of the newest frauds by pattern, oldest first.
        sent: Number of payments that the broker has acknowledged.
    """

    schema: TransactionSchema
    rate: float
    frauds: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=_KEPT)))
    sent: int = 0

    def __post_init__(self) -> None:
        self._people = SimulatedTraffic(7, CARDS, MERCHANTS)
        self._history = list(self._people.history(START_S, HISTORY_DAYS))

    def genuine(self) -> Floats:
        """Return the features of the genuine payments of the history, float32 (n, d)."""
        featuriser = Featuriser(self.schema)
        made = [(featuriser.features(one.features_columns(self.schema)), one.fraud) for one in self._history]
        return np.concatenate([features[~fraud] for features, fraud in made])

    async def send_history(self, feed: Feed) -> None:
        """Send the history."""
        pace = Pace(HISTORY_RATE)
        for chunk in self._history:
            await pace.allow(len(chunk))
            await self._send(feed, chunk)
        self._history.clear()

    async def send_live(self, feed: Feed) -> None:
        """Send live payments at the rate until cancelled."""
        live, pace = self._people.live(START_S + HISTORY_DAYS * 86_400.0), Pace(self.rate)
        for family in HELD_OUT:
            live.start_pattern(family, PATTERN_SHARE)
        while True:
            chunk = live.take(await pace.allow(_AT_A_TIME))
            await self._send(feed, chunk)
            for identity, family in zip(chunk.ids(), chunk.family.tolist(), strict=True):
                if family in HELD_OUT:
                    self.frauds[family].append(identity)

    async def _send(self, feed: Feed, chunk: Chunk) -> None:
        await feed.send(*RowEncoder(self.schema).encode(chunk.fields(self.schema)))
        await feed.flush()
        self.sent += len(chunk)
