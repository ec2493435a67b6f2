"""Reads known fraud that base and live detectors find: what it looks like, when it came, what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import select

from control.snapshot import Snapshot
from meta.arrays import Floats
from meta.episode import BASE, KNOWN_ROWS, known_fraud
from meta.stakes import Frauds
from storage import UnitOfWork
from storage.episodes import SUPPORT, Episode, EpisodeTransaction
from storage.labels import FRAUD, Label
from storage.scored_transactions import ScoredTransaction

Row = Any  # features, event time and amount of a transaction


@dataclass(frozen=True)
class ReplaySets:
    """Known fraud by name of the set.

    Attributes:
        rows: Raw features float32 (m, d): of the base, of its past, and of live episodes.
        frauds: Times and amounts, where they are stored; those of the past are not.
    """

    rows: dict[str, Floats] = field(default_factory=dict)
    frauds: dict[str, Frauds] = field(default_factory=dict)


def replay_sets(unit: UnitOfWork, snapshot: Snapshot) -> ReplaySets:
    """Return known fraud that a new detector must not lose; nothing without a base in force."""
    if snapshot.base is None:
        return ReplaySets()
    width = len(snapshot.base.model.features)
    found = _of_base(unit)
    episodes = {detector.episode: _of_detector(unit, detector.id) for detector in snapshot.detectors}
    return ReplaySets(
        known_fraud(
            _features(found, width),
            snapshot.base.past,
            {name: _features(rows, width) for name, rows in episodes.items()},
        ),
        {name: _frauds(rows) for name, rows in {BASE: found, **episodes}.items() if rows},
    )


def _of_base(unit: UnitOfWork) -> Sequence[Row]:
    row = ScoredTransaction
    query = (
        select(row.features, row.event_time, row.amount)
        .join(Label, Label.transaction_id == row.transaction_id)
        .where(Label.verdict == FRAUD, row.winner == 0, row.decision != 0)
        .order_by(Label.id.desc())
        .limit(KNOWN_ROWS)
    )
    return unit.session.execute(query).all()


def _of_detector(unit: UnitOfWork, detector_id: str) -> Sequence[Row]:
    part, row = EpisodeTransaction, ScoredTransaction
    query = (
        select(row.features, row.event_time, row.amount)
        .join(part, part.transaction_id == row.transaction_id)
        .join(Episode, Episode.id == part.episode_id)
        .where(Episode.detector_id == detector_id, part.role == SUPPORT)
    )
    return unit.session.execute(query).all()


def _frauds(rows: Sequence[Row]) -> Frauds:
    return Frauds(np.array([row.event_time for row in rows]), np.array([row.amount for row in rows]))


def _features(rows: Sequence[Row], width: int) -> Floats:
    """Return rows as a matrix; rows that were scored with other features are left out."""
    fitting = b"".join(row.features for row in rows if len(row.features) == 4 * width)
    return np.frombuffer(fitting, "<f4").astype(np.float32).reshape(-1, max(width, 1))
