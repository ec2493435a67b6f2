"""Reads stored transactions as columns: many rows, and only the columns that are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from storage.entity_index import key_of
from storage.labels import Label
from storage.scored_transactions import ScoredTransaction, ScoredTransactions

PER_PART: Final = 100_000
"""Offsets of a part: a tenth of a second of reading, so that processes end at about the same time."""
PER_STEP: Final = 2_048
"""Rows of a chunk: they stay in the cache, where 8,192 took a fifth longer."""


@dataclass(frozen=True)
class TrafficPart:
    """A range of offsets, `first` to `last`, of one partition of the input topic."""

    partition: int
    first: int
    last: int

    @property
    def rows(self) -> int:
        """Offsets in it, at least as many as transactions."""
        return self.last - self.first + 1


@dataclass(frozen=True)
class WantedColumns:
    """What is read beside offset, time, amount, decision, deciding scorer and features.

    Attributes:
        kinds: Kinds of entities whose keys are read.
        surprise: Whether the highest surprise is read.
        category: Whether the category is read.
        currency: Whether the currency is read.
        links: Whether the links are read, and how many there are of each transaction; 0 reads none.
    """

    kinds: tuple[str, ...] = ()
    surprise: bool = False
    category: bool = False
    currency: bool = False
    links: int = 0


@dataclass(frozen=True)
class TrafficColumns:
    """n stored transactions of one partition; what was not asked for is None.

    Attributes:
        partition: Partition of the input topic.
        offset: Offsets in the input topic, int64 (n,).
        event_time: Seconds since 1970, float64 (n,).
        amount: Amounts, in units of their currency, float64 (n,).
        decision: 0 approve, 1 review, 2 decline, int8 (n,).
        winner: Scorer or rule that decided, n of them.
        features: As they were scored, float32 (n, d).
        keys: n strings by kind of entity; null where a transaction has no such entity.
        surprise: Highest surprise, float64 (n,).
        category: Codes, int32 (n,).
        currency: Currencies, n of them; None where absent.
        links: float32 (n, links); NaN where another number is stored, or none.
        left_out: Transactions with another number of features, which are not among the n.
    """

    partition: int
    offset: NDArray[np.int64]
    event_time: NDArray[np.float64]
    amount: NDArray[np.float64]
    decision: NDArray[np.int8]
    winner: Sequence[str | None]
    features: NDArray[np.float32]
    keys: dict[str, pa.Array]
    surprise: NDArray[np.float64] | None
    category: NDArray[np.int32] | None
    currency: Sequence[str | None] | None
    links: NDArray[np.float32] | None
    left_out: int

    def __len__(self) -> int:
        """Return the number of transactions."""
        return len(self.offset)


def parts_of_traffic(session: Session) -> list[TrafficPart]:
    """Divide all stored transactions into parts; those that end with the newest offsets come first."""
    parts = list[tuple[int, TrafficPart]]()
    for partition, (low, high) in ScoredTransactions(session).offset_ranges().items():
        for age, last in enumerate(range(high, low - 1, -PER_PART)):
            parts.append((age, TrafficPart(partition, max(low, last - PER_PART + 1), last)))
    return [part for _, part in sorted(parts, key=lambda one: (one[0], one[1].partition))]


def read_part(
    session: Session, part: TrafficPart, wanted: WantedColumns, *, since: float, width: int
) -> Iterator[TrafficColumns]:
    """Read the transactions of a part from an event time on.

    Rows come through a cursor of the driver: an object of SQLAlchemy for each would take most of the time.

    Args:
        session: The session of a unit of work.
        part: Which transactions.
        wanted: Further columns.
        since: Lowest event time, seconds since 1970.
        width: Number of features d; transactions with another number are left out, and counted.

    Yields:
        At most `PER_STEP` transactions.
    """
    connection = session.connection()
    dialect = connection.dialect
    row = ScoredTransaction
    read: list[ColumnElement[Any]] = [
        *(key_of(kind, dialect.name) for kind in wanted.kinds),
        *([row.surprise.expression] if wanted.surprise else []),
        *([row.category.expression] if wanted.category else []),
        *([row.currency.expression] if wanted.currency else []),
        *([row.links.expression] if wanted.links else []),
    ]
    query = (
        select(
            row.source_offset, row.event_time, row.amount, row.decision, row.winner_id, row.features, *read
        )
        .where(row.source_partition == part.partition, row.source_offset.between(part.first, part.last))
        # The sum keeps the database from the index of event times, whose rows lie all over the table.
        .where(row.event_time + 0.0 >= since)
    )
    statement = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    driver = connection.connection.driver_connection
    assert driver is not None
    binary = {} if dialect.name == "sqlite" else {"binary": True}
    cursor = driver.cursor(**binary)
    try:
        cursor.execute(statement)
        while rows := cursor.fetchmany(PER_STEP):
            yield _columns(part.partition, rows, wanted, width)
    finally:
        cursor.close()


def _columns(
    partition: int, rows: Sequence[tuple[Any, ...]], wanted: WantedColumns, width: int
) -> TrafficColumns:
    read = len(rows)
    if {len(one[5]) for one in rows} != {4 * width}:
        rows = [one for one in rows if len(one[5]) == 4 * width]
    n, further = len(rows), iter(range(6, 6 + len(wanted.kinds) + 4))
    return TrafficColumns(
        partition,
        np.fromiter([one[0] for one in rows], np.int64, n),
        np.fromiter([one[1] for one in rows], np.float64, n),
        np.fromiter([one[2] for one in rows], np.float64, n),
        np.fromiter([one[3] for one in rows], np.int8, n),
        [one[4] for one in rows],
        np.frombuffer(b"".join([one[5] for one in rows]), "<f4").reshape(n, width),
        {kind: pa.array(_values(rows, next(further)), pa.string()) for kind in wanted.kinds},
        np.fromiter(_values(rows, next(further)), np.float64, n) if wanted.surprise else None,
        np.fromiter(_values(rows, next(further)), np.int32, n) if wanted.category else None,
        _values(rows, next(further)) if wanted.currency else None,
        links_matrix(_values(rows, next(further)), wanted.links) if wanted.links else None,
        read - n,
    )


def _values(rows: Sequence[tuple[Any, ...]], column: int) -> list[Any]:
    return [one[column] for one in rows]


def links_matrix(stored: Sequence[bytes | None], count: int) -> NDArray[np.float32]:
    """Return stored links as a matrix, float32 (n, count); NaN where another number is stored, or none."""
    unknown = np.full(count, np.nan, "<f4").tobytes()
    whole = b"".join([one if one is not None and len(one) == 4 * count else unknown for one in stored])
    return np.frombuffer(whole, "<f4").reshape(-1, count)


@dataclass(frozen=True)
class Verdicts:
    """The last verdict on n transactions of one partition, in the order of their offsets.

    Attributes:
        offset: Offsets in the input topic, int64 (n,).
        verdict: As labels have it, n of them.
    """

    offset: NDArray[np.int64]
    verdict: NDArray[np.str_]


def read_verdicts(session: Session, since: float) -> dict[int, Verdicts]:
    """Return the last verdict on each transaction from an event time on, by partition.

    Args:
        session: The session of a unit of work.
        since: Lowest event time, seconds since 1970.
    """
    row = ScoredTransaction
    query = (
        select(row.source_partition, row.source_offset, Label.verdict)
        .join(row, row.transaction_id == Label.transaction_id)
        .where(row.event_time + 0.0 >= since)  # labels are few: the database must begin with them
        .order_by(Label.time, Label.id)
    )
    last: dict[int, dict[int, str]] = {}
    for partition, offset, verdict in session.execute(query):
        last.setdefault(partition, {})[offset] = verdict
    return {
        partition: Verdicts(np.array(sorted(of), np.int64), np.array([of[at] for at in sorted(of)]))
        for partition, of in last.items()
    }
