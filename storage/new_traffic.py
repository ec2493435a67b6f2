"""What has been stored since somebody looked last, thinned where it is more than they want to read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.scored_transactions import ScoredTransaction, ScoredTransactions

OFFSETS_PER_QUERY = 1_000
# Scanning a range reads every row in it; beyond one in four, asking for single rows is cheaper.
SCANNED_STEP = 4


@dataclass(frozen=True)
class NewTraffic:
    """n transactions, each standing for `weight` of them; all fields have n entries."""

    features: NDArray[np.float32]
    """(n, d), as they were scored."""
    event_time: NDArray[np.float64]
    surprise: NDArray[np.float64]
    alerted: NDArray[np.bool_]
    category: list[int]
    currency: list[str | None]
    weight: float
    places: dict[int, int]
    """The highest offset seen, by partition: where to go on."""

    def __len__(self) -> int:
        return len(self.event_time)


def read_new_traffic(session: Session, after: Mapping[int, int], limit: int, width: int) -> NewTraffic:
    """Transactions stored behind the offsets `after`, by partition; about `limit` of them, evenly spread.

    Rows with other than `width` features, scored under another configuration, are left out.
    """
    ranges = ScoredTransactions(session).offset_ranges()
    spans = {p: (max(low, after.get(p, -1) + 1), high) for p, (low, high) in ranges.items()}
    total = sum(max(0, high - first + 1) for first, high in spans.values())
    step = max(1, -(-total // limit))
    rows = [row for p, (first, high) in spans.items() for row in _read(session, p, first, high, step)]
    rows = [row for row in rows if len(row.features) == 4 * width]
    features = np.frombuffer(b"".join(row.features for row in rows), "<f4").reshape(len(rows), width)
    return NewTraffic(
        features.astype(np.float32),
        np.array([row.event_time for row in rows], np.float64),
        np.array([row.surprise for row in rows], np.float64),
        np.array([row.decision > 0 for row in rows], np.bool_),
        [row.category for row in rows],
        [row.currency for row in rows],
        float(step),
        {p: high for p, (_, high) in ranges.items()} | {p: at for p, at in after.items() if p not in ranges},
    )


def _read(session: Session, partition: int, first: int, last: int, step: int) -> list[Any]:
    row = ScoredTransaction
    columns = (row.event_time, row.surprise, row.decision, row.category, row.currency, row.features)
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
