"""Copies the transactions of the database to the history store."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
from sqlalchemy import Engine, select

from storage import UnitOfWork
from storage.history import HistoryReader, HistoryStore
from storage.history.columns import ENTITY, days_of, history_schema
from storage.scored_transactions import COLUMNS, ScoredTransaction

PLAIN: Final = tuple(name for name in COLUMNS if name != "entities")


class HistoryAhead(Exception):
    """A partition of the store has rows behind some of the database that it lacks."""


def migrate_to_history(
    engine: Engine, store: HistoryStore, kinds: Sequence[str], per_commit: int
) -> Iterator[int]:
    """Copy partition by partition, in the order of offsets, from the last stored offset on.

    Args:
        engine: the database.
        store: the open store.
        kinds: entities of the settings.
        per_commit: rows of a commit.

    Yields:
        Rows copied so far, after each commit.

    Raises:
        HistoryAhead: the recorder wrote the store first: rows before its first row could not be added.
    """
    copied, begins = 0, _first_offsets(store)
    with UnitOfWork(engine, reads_only=True) as unit:
        ranges = unit.transactions.offset_ranges()
    late = [one for one, (low, _) in ranges.items() if begins.get(one, low) > low]
    if late:
        raise HistoryAhead(
            f"in partitions {', '.join(map(str, late))} the history store begins behind the database: set a "
            "new history.location, stop the recorder, migrate, and start the recorder"
        )
    for partition in sorted(ranges):
        for rows in _rows(engine, partition, store.marks().last.get(partition, -1), per_commit):
            copied += store.append(_table(rows, kinds)).stored
            yield copied


def _first_offsets(store: HistoryStore) -> dict[int, int]:
    """Return the lowest stored offset of each partition."""
    first: dict[int, int] = {}
    for batch in HistoryReader(store.table).batches(["source_partition", "source_offset"]):
        lowest = (
            pa.table(batch).group_by("source_partition").aggregate([("source_offset", "min")]).to_pydict()
        )
        for partition, offset in zip(lowest["source_partition"], lowest["source_offset_min"], strict=True):
            first[partition] = min(offset, first.get(partition, offset))
    return first


def _rows(engine: Engine, partition: int, after: int, per_commit: int) -> Iterator[list[Any]]:
    row = ScoredTransaction
    query = select(*(getattr(row, name) for name in (*PLAIN, "entities")))
    query = query.where(row.source_partition == partition, row.source_offset > after)
    with UnitOfWork(engine, reads_only=True) as unit:
        ordered = query.order_by(row.source_offset).execution_options(yield_per=10_000)
        found = iter(unit.session.execute(ordered))
        while part := list(itertools.islice(found, per_commit)):
            yield part


def _table(rows: Sequence[Any], kinds: Sequence[str]) -> pa.Table:
    schema = history_schema(kinds)
    columns = {
        name: pa.array(values, schema.field(name).type)
        for name, values in zip(PLAIN, zip(*(row[:-1] for row in rows), strict=True), strict=True)
    }
    entities = [row[-1] if isinstance(row[-1], dict) else msgspec.json.decode(row[-1]) for row in rows]
    columns |= {ENTITY + kind: pa.array([one.get(kind) for one in entities], pa.string()) for kind in kinds}
    columns["day"] = days_of(columns["event_time"].to_numpy().astype(np.float64))
    return pa.table(columns)
