"""The newest scores and alerts in memory, so that a repeated id gets the same answer without a look-up."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from contracts.alert import Alert
from decisions.scored import ScoredBatch

Place = tuple[int, int]
"""Partition and offset in `transactions`."""
MOST_ALERTS = 20_000
"""About 1 KB each."""


class Recent:
    """Scores by id and alerts by place; the oldest are forgotten first.

    Args:
        most: scores that are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._scores: dict[bytes, tuple[ScoredBatch, int]] = {}
        self._alerts: dict[Place, bytes] = {}

    def find(self, identity: bytes) -> tuple[ScoredBatch, int] | None:
        """Return batch and row of the score of this id."""
        return self._scores.get(identity)

    def add(self, batch: ScoredBatch) -> Iterator[tuple[int, tuple[ScoredBatch, int] | None]]:
        """Remember a batch row by row, and yield each row with what was known of its id before.

        An id that was scored at another place keeps its first score. One that was scored again at the same
        place, after a crash of the scorer, gets its new score.
        """
        scores = self._scores
        for row, identity in enumerate(batch.ids):
            before = scores.get(identity)
            if before is None or before[0].place(before[1]) == batch.place(row):
                scores[identity] = (batch, row)
            yield row, before
        while len(scores) > self._most:
            del scores[next(iter(scores))]

    def add_alert(self, place: Place, alert: bytes) -> None:
        """Remember the alert on a transaction, as its JSON."""
        self._alerts[place] = alert
        while len(self._alerts) > MOST_ALERTS:
            del self._alerts[next(iter(self._alerts))]

    def alert(self, place: Place) -> Alert | None:
        """Return the alert on a transaction, if it is known."""
        value = self._alerts.get(place)
        return None if value is None else msgspec.json.decode(value, type=Alert)
