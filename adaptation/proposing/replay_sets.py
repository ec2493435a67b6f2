"""Reads known fraud that base and live detectors find, and that a new detector must not lose."""

from __future__ import annotations

import numpy as np
from sqlalchemy import select

from control.snapshot import Snapshot
from meta.arrays import Floats
from meta.episode import KNOWN_ROWS, known_fraud
from storage import UnitOfWork
from storage.episodes import SUPPORT, Episode, EpisodeTransaction
from storage.labels import FRAUD, Label
from storage.scored_transactions import ScoredTransaction


def replay_sets(unit: UnitOfWork, snapshot: Snapshot) -> dict[str, Floats]:
    """Return raw features float32 (m, d) of known fraud: of the base, of its past, and of live episodes."""
    if snapshot.base is None:
        return {}
    width = len(snapshot.base.model.features)
    of_episodes = {
        detector.episode: _features(_of_detector(unit, detector.id), width) for detector in snapshot.detectors
    }
    return known_fraud(_features(_of_base(unit), width), snapshot.base.past, of_episodes)


def _of_base(unit: UnitOfWork) -> list[bytes]:
    row = ScoredTransaction
    query = (
        select(row.features)
        .join(Label, Label.transaction_id == row.transaction_id)
        .where(Label.verdict == FRAUD, row.winner == 0, row.decision != 0)
        .order_by(Label.id.desc())
        .limit(KNOWN_ROWS)
    )
    return list(unit.session.scalars(query))


def _of_detector(unit: UnitOfWork, detector_id: str) -> list[bytes]:
    part = EpisodeTransaction
    query = (
        select(ScoredTransaction.features)
        .join(part, part.transaction_id == ScoredTransaction.transaction_id)
        .join(Episode, Episode.id == part.episode_id)
        .where(Episode.detector_id == detector_id, part.role == SUPPORT)
    )
    return list(unit.session.scalars(query))


def _features(rows: list[bytes], width: int) -> Floats:
    """Return rows as a matrix; rows that were scored with other features are left out."""
    fitting = b"".join(row for row in rows if len(row) == 4 * width)
    return np.frombuffer(fitting, "<f4").astype(np.float32).reshape(-1, max(width, 1))
