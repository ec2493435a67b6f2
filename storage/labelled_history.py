"""Stored training history of a base: confirmed frauds with their episodes, and a sample of other traffic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from storage.alerts import OPEN, AlertRow
from storage.episodes import SUPPORT, Episode, EpisodeTransaction
from storage.labels import FRAUD, Label
from storage.past import PastTraffic
from storage.scored_transactions import ScoredTransaction
from storage.traffic_sample import TrafficSample

EVERYTHING = 1 << 62


@dataclass(frozen=True)
class KnownFrauds:
    """m confirmed frauds."""

    sample: TrafficSample
    episodes: list[str]
    """Name of the episode that each fraud was flagged in, (m,); empty if in none."""


def load_known_frauds(session: Session, width: int) -> KnownFrauds:
    """Read all transactions whose last verdict is fraud.

    Args:
        session: the session of a unit of work.
        width: number of features; transactions scored with another number are left out.

    Returns:
        The frauds, in the order of event time.
    """
    rows = [row for row in session.execute(_with_verdicts()) if len(row.features) == 4 * width]
    last = {
        row.transaction_id: row for row in rows
    }  # rows are in the order of the verdicts, the last one stays
    frauds = sorted(
        (row for row in last.values() if row.verdict == FRAUD), key=lambda r: (r.event_time, r.transaction_id)
    )
    named = {row.transaction_id: row.name for row in session.execute(_named())}
    return KnownFrauds(_sample(frauds, width), [named.get(row.transaction_id, "") for row in frauds])


def load_genuine_traffic(session: Session, past: PastTraffic, count: int, *, seed: int) -> TrafficSample:
    """Draw a sample of all stored transactions, without frauds and without open alerts.

    About half of the open alerts are fraud. A base that learned them as genuine would unlearn known fraud.

    Args:
        session: the session of a unit of work.
        past: of the same unit.
        count: at most this many transactions.
        seed: equal seeds over equal tables give equal samples.

    Returns:
        The sample, in the order of event time.
    """
    drawn = past.sample(count, newest=EVERYTHING, seed=seed)
    unjudged = set(session.scalars(select(AlertRow.transaction_id).where(AlertRow.status == OPEN)))
    keep = np.array([identity not in unjudged for identity in drawn.transaction_ids], bool)
    return TrafficSample(
        drawn.features[keep],
        drawn.event_time[keep],
        _kept(drawn.transaction_ids, keep),
        _kept(drawn.entities, keep),
    )


def _with_verdicts() -> Select[str, float, dict[str, str], bytes, str]:
    row = ScoredTransaction
    return (
        select(row.transaction_id, row.event_time, row.entities, row.features, Label.verdict)
        .join(Label, Label.transaction_id == row.transaction_id)
        .order_by(Label.time, Label.id)
    )


def _named() -> Select[str, str]:
    part = EpisodeTransaction
    return (
        select(part.transaction_id, Episode.name)
        .join(Episode, Episode.id == part.episode_id)
        .where(part.role == SUPPORT)
    )


def _sample(rows: list[Any], width: int) -> TrafficSample:
    features = np.frombuffer(b"".join(row.features for row in rows), "<f4").astype(np.float32)
    return TrafficSample(
        features.reshape(-1, width),
        np.array([row.event_time for row in rows]),
        [row.transaction_id for row in rows],
        [row.entities for row in rows],
    )


def _kept(values: list[Any], keep: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[Any]:
    return [value for value, stays in zip(values, keep.tolist(), strict=True) if stays]
