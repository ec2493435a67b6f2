"""Draws a sample from the history store: the same offsets that a draw from SQL takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.history.columns import ENTITY, FEATURES, kinds_in
from storage.history.reading import HistoryFile, HistoryReader
from storage.labels import FRAUD, Label
from storage.scored_transactions import IDS_PER_QUERY
from storage.traffic_sample import TrafficSample, draw_offsets, thinned

_PLACE = ["source_partition", "source_offset"]
_TIME_AND_ID = ("event_time", "transaction_id")
_FURTHER = ("amount", "category", "currency")


def draw_sample(
    reader: HistoryReader,
    session: Session,
    count: int,
    newest: int,
    seed: int,
    yield_control: Callable[[], None],
) -> TrafficSample:
    """Draw a sample of recent transactions that no label calls fraud.

    1. Take the files of the newest days that hold twice `newest` rows, and the offsets in them.
    2. Draw offsets. 3. Read the rows at these offsets. 4. Leave out what a label calls fraud.

    Args:
        reader: reads the newest snapshot.
        session: the session of a unit of work, for labels.
        count: rows of the sample; fewer are returned if fewer are stored.
        newest: number of newest transactions to draw from.
        seed: equal seeds over equal rows give equal samples.
        yield_control: called after each batch that is read.
    """
    files = _newest(reader.files(), 2 * newest)
    ranges = _offset_ranges(reader, files, yield_control)
    if not ranges:
        return thinned([], count, seed)
    drawn = draw_offsets(ranges, count, newest, seed)
    lowest = min(int(offsets[0]) for offsets in drawn.values())
    kinds = kinds_in(reader.names)
    columns = [*_PLACE, *_TIME_AND_ID, FEATURES, *_FURTHER, *(ENTITY + kind for kind in kinds)]
    chosen: list[pa.RecordBatch] = []
    for batch in reader.batches(columns, where=pc.field("source_offset") >= lowest, files=files):
        yield_control()
        chosen.append(batch.filter(pa.array(_among(batch, drawn))))
    rows = pa.Table.from_batches(chosen).sort_by([(name, "ascending") for name in _PLACE])
    yield_control()
    return thinned(
        _rows(rows, kinds, _called_fraud(session, rows["transaction_id"].to_pylist())), count, seed
    )


def entities_of(rows: pa.Table | pa.RecordBatch, kinds: Sequence[str]) -> list[dict[str, str]]:
    """Return the keys of each row by kind; absent keys are left out."""
    if not kinds:
        return [{} for _ in range(rows.num_rows)]
    keys = zip(*(rows[ENTITY + kind].to_pylist() for kind in kinds), strict=True)
    return [{kind: key for kind, key in zip(kinds, row, strict=True) if key is not None} for row in keys]


def _newest(files: Sequence[HistoryFile], rows: int) -> list[HistoryFile]:
    """Return the files of the newest days that hold this many rows."""
    chosen, held = list[HistoryFile](), 0
    for one in files:
        if held >= rows and one.day != chosen[-1].day:
            break
        chosen.append(one)
        held += one.rows
    return chosen


def _offset_ranges(
    reader: HistoryReader, files: Sequence[HistoryFile], yield_control: Callable[[], None]
) -> dict[int, tuple[int, int]]:
    ranges: dict[int, tuple[int, int]] = {}
    for batch in reader.batches(_PLACE, files=files):
        yield_control()
        ends = pa.table(batch).group_by(_PLACE[0]).aggregate([(_PLACE[1], "min"), (_PLACE[1], "max")])
        for one in ends.to_pylist():
            low, high = ranges.get(one[_PLACE[0]], (one["source_offset_min"], -1))
            ranges[one[_PLACE[0]]] = min(low, one["source_offset_min"]), max(high, one["source_offset_max"])
    return dict(sorted(ranges.items()))


def _among(batch: pa.RecordBatch, drawn: dict[int, NDArray[np.int64]]) -> NDArray[np.bool_]:
    partition, offset = (batch[name].to_numpy() for name in _PLACE)
    found = np.zeros(len(offset), np.bool_)
    for one, offsets in drawn.items():
        rows = np.flatnonzero(partition == one)
        place = np.minimum(np.searchsorted(offsets, offset[rows]), len(offsets) - 1)
        found[rows] = offsets[place] == offset[rows]
    return found


def _called_fraud(session: Session, ids: Sequence[str]) -> set[str]:
    """Return those of the ids that any label calls fraud."""
    found: set[str] = set()
    for start in range(0, len(ids), IDS_PER_QUERY):
        some = Label.transaction_id.in_(ids[start : start + IDS_PER_QUERY])
        found.update(session.scalars(select(Label.transaction_id).where(some, Label.verdict == FRAUD)))
    return found


def _rows(rows: pa.Table, kinds: Sequence[str], left_out: set[str]) -> list[tuple[Any, ...]]:
    plain, further = ([rows[name].to_pylist() for name in names] for names in (_TIME_AND_ID, _FURTHER))
    found = zip(*plain, entities_of(rows, kinds), rows[FEATURES].to_pylist(), *further, strict=True)
    return [row for row in found if row[1] not in left_out]
