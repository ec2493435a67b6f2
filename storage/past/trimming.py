"""Deletes from SQL what the history store is seen to hold, except what alerts, labels and episodes need."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import CursorResult, Delete, Engine, delete, exists

from storage.alerts import AlertRow
from storage.episodes import EpisodeTransaction
from storage.history import HistoryReader
from storage.labels import Label
from storage.past.window import whole_since
from storage.scored_transactions import ScoredTransaction
from storage.unit_of_work import UnitOfWork

ROWS_PER_STEP: Final = 5_000
"""Deleting so many holds the write lock for about 50 ms."""
Run = tuple[int, int, int]
"""Partition, first and last offset."""


def trim_sql(
    engine: Engine, reader: HistoryReader, sql_hours: float, *, now: float, since: float = -math.inf
) -> tuple[int, float]:
    """Delete transactions that were approved and have neither alert, label nor episode.

    Offsets are read from the history store, and these are deleted. What it does not hold stays in SQL.

    Args:
        engine: the database.
        reader: reads the newest snapshot.
        sql_hours: hours of event time that SQL keeps whole.
        now: the current time, seconds since 1970.
        since: lowest event time to look at, seconds since 1970.

    Returns:
        Number of deleted rows, and the event time before which they were.
    """
    with UnitOfWork(engine, reads_only=True) as unit:
        limit = whole_since(unit.session, sql_hours, now=now)
    deleted = 0
    for batch in reader.batches(["source_partition", "source_offset"], since=since, until=limit):
        runs = runs_of(batch["source_partition"].to_numpy(), batch["source_offset"].to_numpy())
        for step in _steps(runs):
            deleted += _delete(engine, step)
    return deleted, limit


def runs_of(partition: NDArray[np.int32], offset: NDArray[np.int64]) -> Iterator[Run]:
    """Yield consecutive offsets as runs of at most `ROWS_PER_STEP`.

    Example:
        >>> list(runs_of(np.array([0, 0, 1, 0], np.int32), np.array([5, 4, 6, 9])))
        [(0, 4, 5), (0, 9, 9), (1, 6, 6)]
    """
    order = np.lexsort((offset, partition))
    partition, offset = partition[order], offset[order]
    begins = (np.diff(offset, prepend=-2) != 1) | (np.diff(partition, prepend=-1) != 0)
    starts = np.flatnonzero(begins)
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(offset)], strict=True):
        for first in range(start, end, ROWS_PER_STEP):
            last = min(first + ROWS_PER_STEP, end) - 1
            yield int(partition[first]), int(offset[first]), int(offset[last])


def _steps(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """Yield runs that hold about `ROWS_PER_STEP` rows together: each step is one transaction."""
    step, rows = list[Run](), 0
    for run in runs:
        step.append(run)
        rows += run[2] - run[1] + 1
        if rows >= ROWS_PER_STEP:
            yield step
            step, rows = [], 0
    if step:
        yield step


def _delete(engine: Engine, step: Iterable[Run]) -> int:
    deleted = 0
    with UnitOfWork(engine) as unit:
        for run in step:
            result = unit.session.execute(_unneeded(*run))
            assert isinstance(result, CursorResult)
            deleted += result.rowcount
        unit.commit()
    return deleted


def _unneeded(partition: int, first: int, last: int) -> Delete:
    row = ScoredTransaction
    alerted = exists().where(
        AlertRow.source_partition == row.source_partition, AlertRow.source_offset == row.source_offset
    )
    needed = [
        exists().where(table.transaction_id == row.transaction_id) for table in (Label, EpisodeTransaction)
    ]
    here = row.source_partition == partition, row.source_offset.between(first, last), row.decision == 0
    return delete(row).where(*here, ~alerted, *(~one for one in needed))
