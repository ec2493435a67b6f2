"""A sample of recent traffic, spread over time and without known fraud: the reservoir of calibration."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from storage.labels import FRAUD, Label
from storage.scored_transactions import ScoredTransaction, ScoredTransactions

# Some offsets hold no usable row (dead letters, known frauds), so more offsets are drawn than needed.
OVERSAMPLING = 1.15
OFFSETS_PER_QUERY = 1_000

SIZE = 50_000
"""Rows of a sample. With 1,000 the alert rate was three times its budget; with 50,000 it holds the budget."""
NEWEST = 2_000_000
"""Newest transactions that the sample is drawn from: hours to weeks, depending on the traffic."""


@dataclass(frozen=True, eq=False)
class TrafficSample:
    """n transactions in the order of event time; all fields have n entries. Equal only to itself."""

    features: NDArray[np.float32]
    """Features as they were scored, (n, d)."""
    event_time: NDArray[np.float64]
    """Seconds since 1970, (n,)."""
    transaction_ids: list[str]
    entities: list[dict[str, str]]
    """Keys of the entities of each transaction, by kind."""
    amount: NDArray[np.float64] | None = None
    """Units of their currencies, (n,); None where it was not read, as below."""
    category: NDArray[np.int32] | None = None
    currency: list[str | None] | None = None

    def __len__(self) -> int:
        return len(self.transaction_ids)


def sample_traffic(
    session: Session, count: int, *, newest: int, seed: int, yield_control: Callable[[], None] = lambda: None
) -> TrafficSample:
    """Draw a sample of recent transactions that no label calls fraud.

    Open alerts are included; the calibration decides how to treat them. Offsets are drawn at random, so the
    cost depends on `count` and not on the number of stored rows.

    Args:
        session: the session of a unit of work.
        count: rows of the sample; fewer are returned if fewer are stored.
        newest: number of newest transactions to draw from.
        seed: equal seeds over equal tables give equal samples.
        yield_control: called every few hundredths of a second, so that the caller can let other work run.

    Returns:
        The sample.
    """
    drawn = draw_offsets(ScoredTransactions(session).offset_ranges(), count, newest, seed)
    rows: list[Any] = []
    for partition, offsets in drawn.items():
        for start in range(0, len(offsets), OFFSETS_PER_QUERY):
            yield_control()
            chunk = offsets[start : start + OFFSETS_PER_QUERY].tolist()
            rows += session.execute(_unlabelled(partition, chunk)).all()
    return thinned(rows, count, seed)


def thinned(rows: list[Any], count: int, seed: int) -> TrafficSample:
    """Return a sample of drawn rows, without those of another number of features than the newest has.

    Args:
        rows: event time, id, entities, features, amount, category and currency of each, in the order of
            partition and offset.
        count: rows of the sample at most.
        seed: chooses which stay if there are more.
    """
    return _sample(_thin(_of_one_width(rows), count, seed))


def draw_offsets(
    ranges: dict[int, tuple[int, int]], count: int, newest: int, seed: int
) -> dict[int, NDArray[np.int64]]:
    """Draw offsets from the newest of each partition.

    Args:
        ranges: lowest and highest stored offset, by partition.
        count: rows of the sample; more offsets are drawn, since some hold no usable row.
        newest: number of newest offsets to draw from, all partitions together.
        seed: equal seeds over equal ranges give equal offsets.

    Returns:
        Ascending offsets, by partition.
    """
    random = np.random.default_rng(seed)
    each = newest // max(1, len(ranges))
    starts = {partition: max(low, high - each + 1) for partition, (low, high) in ranges.items()}
    total = sum(high - starts[partition] + 1 for partition, (_, high) in ranges.items())
    drawn = {}
    for partition, (_, high) in ranges.items():
        size = high - starts[partition] + 1
        wanted = min(size, int(np.ceil(count * OVERSAMPLING * size / total)))
        drawn[partition] = starts[partition] + np.sort(random.choice(size, wanted, replace=False))
    return drawn


def _unlabelled(
    partition: int, offsets: list[int]
) -> Select[float, str, dict[str, str], bytes, float, int, str | None]:
    row = ScoredTransaction
    called_fraud = exists().where(Label.transaction_id == row.transaction_id, Label.verdict == FRAUD)
    columns = (row.event_time, row.transaction_id, row.entities, row.features)
    return select(*columns, row.amount, row.category, row.currency).where(
        row.source_partition == partition, row.source_offset.in_(offsets), ~called_fraud
    )


def _of_one_width(rows: list[Any]) -> list[Any]:
    """Keep the rows with as many features as the newest row; others were scored under older settings."""
    width = len(max(rows, key=lambda row: row[0])[3]) if rows else 0
    return [row for row in rows if len(row[3]) == width]


def _thin(rows: list[Any], count: int, seed: int) -> list[Any]:
    if len(rows) > count:
        kept = np.random.default_rng(seed).choice(len(rows), count, replace=False)
        rows = [rows[place] for place in kept]
    return sorted(rows, key=lambda row: (row[0], row[1]))


def _sample(rows: list[Any]) -> TrafficSample:
    features = np.frombuffer(b"".join(row[3] for row in rows), "<f4").astype(np.float32)
    return TrafficSample(
        features.reshape(len(rows), -1) if rows else features.reshape(0, 0),
        np.array([row[0] for row in rows], np.float64),
        [row[1] for row in rows],
        [row[2] for row in rows],
        np.array([row[4] for row in rows], np.float64),
        np.array([row[5] for row in rows], np.int32),
        [row[6] for row in rows],
    )
