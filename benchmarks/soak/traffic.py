"""Simulated payments at a rate, and the frauds among them that analysts may flag."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

import numpy as np

from features.byte_strings import ByteStrings
from features.offline import Featuriser
from features.schema import TransactionSchema
from meta.arrays import Floats
from simulate.chunk import Chunk
from simulate.patterns import HELD_OUT
from simulate.traffic import SimulatedTraffic
from stream.feed.feed import Feed
from stream.feed.pace import Pace
from stream.feed.rows import RowEncoder

Records = tuple[ByteStrings, ByteStrings]  # keys and values

CARDS, MERCHANTS = 3_000, 600
HISTORY_DAYS, START_S = 10.0, 1.7e9
HISTORY_RATE = 10_000.0
PATTERN_SHARE = 0.002
"""Of traffic, for each new pattern: at 500 payments a second, five flags are there after five seconds."""
AGAIN = 0.02
"""Share of payments that are sent a second time at once, and share of those sent again later."""
LATER = 100
"""Sendings that lie between a payment and its later repeat: about ten seconds of live payments."""
_AT_A_TIME = 1_000
_KEPT = 400  # newest frauds of a pattern


@dataclass
class Traffic:
    """Sends a history, then live payments with new patterns; some come again, as by a producer that retries.

    Attributes:
        frauds: Ids of the newest frauds by pattern, oldest first.
        sent: Number of payments that the broker has acknowledged, each counted once.
        again: Number of payments that the broker has acknowledged a second or third time.
    """

    schema: TransactionSchema
    rate: float
    frauds: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=_KEPT)))
    sent: int = 0
    again: int = 0

    def __post_init__(self) -> None:
        self._people = SimulatedTraffic(7, CARDS, MERCHANTS)
        self._history = list(self._people.history(START_S, HISTORY_DAYS))
        self._chance = np.random.default_rng(11)
        self._later: deque[Records] = deque()

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
        records = RowEncoder(self.schema).encode(chunk.fields(self.schema))
        await feed.send(*records)
        again = self._due_again(records)
        for repeated in again:
            await feed.send(*repeated)
        await feed.flush()
        self.sent += len(chunk)
        self.again += sum(len(values) for _, values in again)

    def _due_again(self, records: Records) -> list[Records]:
        """Return some of the payments just sent, and those chosen `LATER` calls ago."""
        self._later.append(self._some(records))
        due = [self._later.popleft()] if len(self._later) > LATER else []
        return [self._some(records), *due]

    def _some(self, records: Records) -> Records:
        keys, values = records
        chosen = np.flatnonzero(self._chance.random(len(values)) < AGAIN)
        return keys.take(chosen).gather(), values.take(chosen).gather()
