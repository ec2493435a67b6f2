"""Reads the transactions stored since the last read; an even sample of them if they are many."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.scored_transactions import ScoredTransaction, ScoredTransactions

OFFSETS_PER_QUERY = 1_000
# Scanning a range reads every row in it. If fewer than one row in four is wanted, look-ups are cheaper.
SCANNED_STEP = 4


@dataclass(frozen=True)
class NewTraffic:
    """n transactions; all fields but the last two have n entries."""

    features: NDArray[np.float32]
    """Features as they were scored, (n, d)."""
    event_time: NDArray[np.float64]
    """Seconds since 1970, (n,)."""
    surprise: NDArray[np.float64]
    alerted: NDArray[np.bool_]
    amount: NDArray[np.float64]
    category: list[int]
    currency: list[str | None]
    weight: float
    """Stored transactions that each of these represents, 1 or more."""
    places: dict[int, int]
    """The highest offset read, by partition; the next read continues after it."""

    def __len__(self) -> int:
        return len(self.event_time)


def read_new_traffic(session: Session, after: Mapping[int, int], limit: int, width: int) -> NewTraffic:
    """Read the transactions stored after the given offsets.

    Args:
        session: the session of a unit of work.
        after: the last offset already read, by partition; absent partitions are read from the start.
        limit: about this many transactions at most, evenly spaced.
        width: number of features; transactions scored with another number are left out.

    Returns:
        The transactions, with the offsets to continue from.
    """
    ranges = ScoredTransactions(session).offset_ranges()
    unread = {p: (max(low, after.get(p, -1) + 1), high) for p, (low, high) in ranges.items()}
    total = sum(max(0, high - first + 1) for first, high in unread.values())
    step = max(1, -(-total // limit))
    rows = [row for p, (first, high) in unread.items() for row in _read(session, p, first, high, step)]
    rows = [row for row in rows if len(row.features) == 4 * width]
    features = np.frombuffer(b"".join(row.features for row in rows), "<f4").reshape(len(rows), width)
    return NewTraffic(
        features.astype(np.float32),
        np.array([row.event_time for row in rows], np.float64),
        np.array([row.surprise for row in rows], np.float64),
        np.array([row.decision > 0 for row in rows], np.bool_),
        np.array([row.amount for row in rows], np.float64),
        [row.category for row in rows],
        [row.currency for row in rows],
        float(step),
        {p: high for p, (_, high) in ranges.items()} | {p: at for p, at in after.items() if p not in ranges},
    )


def _read(session: Session, partition: int, first: int, last: int, step: int) -> list[Any]:
    row = ScoredTransaction
    columns = (
        row.event_time,
        row.surprise,
        row.decision,
        row.amount,
        row.category,
        row.currency,
        row.features,
    )
    query = select(*columns).where(row.source_partition == partition)
    if step < SCANNED_STEP:
        here = query.where(row.source_offset.between(first, last), (row.source_offset - first) % step == 0)
        return list(session.execute(here).all())
    offsets = range(first, last + 1, step)
    found: list[Any] = []
    for start in range(0, len(offsets), OFFSETS_PER_QUERY):
        chunk = list(offsets[start : start + OFFSETS_PER_QUERY])
        found += session.execute(query.where(row.source_offset.in_(chunk))).all()
    return found
