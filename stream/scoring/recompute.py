"""Compute stored scores again, from the features and the control offset stored with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from contracts.decision import Decision
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from features.columns import NO_CURRENCY, currency_code
from features.links import links_of
from stream.scoring.decide import score_rows
from stream.scoring.written_rules import Transactions


class StoredScore(Protocol):
    """A scored transaction as the recorder stored it; `features` and `links` are float32, little-endian."""

    @property
    def transaction_id(self) -> str: ...
    @property
    def event_time(self) -> float: ...
    @property
    def amount(self) -> float: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def category(self) -> int: ...
    @property
    def entities(self) -> Mapping[str, str]: ...
    @property
    def features(self) -> bytes: ...
    @property
    def links(self) -> bytes | None: ...
    @property
    def surprise(self) -> float: ...
    @property
    def decision(self) -> int: ...
    @property
    def winner_id(self) -> str | None: ...
    @property
    def control_offset(self) -> int: ...


@dataclass(frozen=True)
class Recomputed:
    """One score as stored and as recomputed."""

    stored: StoredScore
    surprise: float
    decision: Decision
    winner: str

    @property
    def equal(self) -> bool:
        """Whether surprise (to the bit), decision and winner are equal."""
        same = np.float64(self.stored.surprise).tobytes() == np.float64(self.surprise).tobytes()
        return same and (self.stored.decision, self.stored.winner_id) == (int(self.decision), self.winner)


def recompute(rows: Iterable[StoredScore], snapshot_at: Callable[[int], Snapshot]) -> Iterator[Recomputed]:
    """Score each row alone, under the snapshot of its control offset.

    Raises:
        NothingInForce: there was no base at that offset.
    """
    for row in rows:
        scores = score_rows(_transactions(row), snapshot_at(row.control_offset), list(row.entities))
        yield Recomputed(
            row,
            float(scores.surprise[0]),
            Decision(int(scores.decision[0])),
            scores.winners[int(scores.winner[0])],
        )


def _transactions(row: StoredScore) -> Transactions:
    currency = currency_code(row.currency) if row.currency else NO_CURRENCY
    return Transactions(
        np.frombuffer(row.features, "<f4").astype(np.float32)[None],
        np.array([row.event_time]),
        np.array([row.amount]),
        np.array([currency], np.int32),
        np.array([row.category], np.int32),
        [ByteStrings.from_list([key.encode() or None]) for key in row.entities.values()],
        links_of(row.links, len(row.entities)).partners,
    )
