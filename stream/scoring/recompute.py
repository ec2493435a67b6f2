"""Computes stored scores again, from the features and the control offset that were stored with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from features.spans import ByteSpans
from storage.scored_transactions import ScoredTransaction
from stream.control.snapshot import Snapshot
from stream.scored import Decision
from stream.scoring.decide import score_rows


@dataclass(frozen=True)
class Recomputed:
    """One score as stored and as computed again."""

    stored: ScoredTransaction
    surprise: float
    decision: Decision
    winner: str

    @property
    def equal(self) -> bool:
        """Whether all is the same, the surprise to the bit."""
        same = np.float64(self.stored.surprise).tobytes() == np.float64(self.surprise).tobytes()
        return same and (self.stored.decision, self.stored.winner_id) == (int(self.decision), self.winner)


def recompute(
    rows: Iterable[ScoredTransaction], snapshot_at: Callable[[int], Snapshot]
) -> Iterator[Recomputed]:
    """Score each row alone, under what was in force at its control offset. Raises NothingInForce."""
    for row in rows:
        scores = score_rows(
            np.frombuffer(row.features, "<f4").astype(np.float32)[None],
            np.array([row.event_time]),
            [ByteSpans.from_list([key.encode()]) for key in row.entities.values()],
            snapshot_at(row.control_offset),
            list(row.entities),
        )
        yield Recomputed(
            row,
            float(scores.surprise[0]),
            Decision(int(scores.decision[0])),
            scores.winners[int(scores.winner[0])],
        )
