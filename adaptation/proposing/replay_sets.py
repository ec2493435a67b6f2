"""Reads known fraud that base and live detectors find: what it looks like, when it came, what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from control.segment_bounds import StoredRows, has_own_bounds, own_bounds
from control.snapshot import Snapshot
from meta.arrays import Doubles, Floats
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
        bounds: Review bounds of the policy's segments, NaN where the threshold decides, float64 (m,); empty
            without such segments. Fraud of the past is stored without what segments read, so it has none.
        frauds: Times and amounts, where they are stored; those of the past are not.
    """

    rows: dict[str, Floats] = field(default_factory=dict)
    bounds: dict[str, Doubles] = field(default_factory=dict)
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
        {
            name: own_bounds(snapshot, StoredRows.of(fitting))
            for name, rows in {BASE: found, **episodes}.items()
            if has_own_bounds(snapshot) and (fitting := _fitting(rows, width))
        },
        {name: _frauds(rows) for name, rows in {BASE: found, **episodes}.items() if rows},
    )


def _of_base(unit: UnitOfWork) -> Sequence[Row]:
    row = ScoredTransaction
    query = (
        select(*_read(row))
        .join(Label, Label.transaction_id == row.transaction_id)
        .where(Label.verdict == FRAUD, row.winner == 0, row.decision != 0)
        .order_by(Label.id.desc())
        .limit(KNOWN_ROWS)
    )
    return unit.session.execute(query).all()


def _of_detector(unit: UnitOfWork, detector_id: str) -> Sequence[Row]:
    part, row = EpisodeTransaction, ScoredTransaction
    query = (
        select(*_read(row))
        .join(part, part.transaction_id == row.transaction_id)
        .join(Episode, Episode.id == part.episode_id)
        .where(Episode.detector_id == detector_id, part.role == SUPPORT)
    )
    return unit.session.execute(query).all()


def _read(row: type[ScoredTransaction]) -> list[InstrumentedAttribute[Any]]:
    return [row.features, row.event_time, row.amount, row.category, row.currency, row.entities]


def _frauds(rows: Sequence[Row]) -> Frauds:
    return Frauds(np.array([row.event_time for row in rows]), np.array([row.amount for row in rows]))


def _fitting(rows: Sequence[Row], width: int) -> list[Row]:
    """Return the rows that were scored with as many features."""
    return [row for row in rows if len(row.features) == 4 * width]


def _features(rows: Sequence[Row], width: int) -> Floats:
    """Return rows as a matrix; rows that were scored with other features are left out."""
    fitting = b"".join(row.features for row in _fitting(rows, width))
    return np.frombuffer(fitting, "<f4").astype(np.float32).reshape(-1, max(width, 1))
