"""The steps of the job, with a shuffle in plain Python in place of Spark's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pyarrow as pa
import pytest

from distributed.features import fold_entity, read_pieces, spread_features
from distributed.pieces import Pieces, count_piece, in_order
from features.profiles import Profiles
from replay.feature_table import ENTITY, feature_batches
from replay.reading import RowReader
from replay.table import TableFile
from tests.histories import MAPPING, same_bits, write_history

TASKS = 400  # so many that most see a few cards only


def pieces_of(table: TableFile) -> Pieces:
    tables = table.pieces()
    return in_order(tables, [count_piece(one, MAPPING) for one in tables])


def shuffled(rows: pa.Table, key: str) -> Iterator[pa.Table]:
    """Yield the rows of each task: those of a key are together, in their order."""
    place = [crc32(value.encode()) % TASKS for value in rows[key].to_pylist()]
    for task in sorted(set(place)):
        yield rows.filter(pa.array([one == task for one in place])).sort_by("row")


def features_of(table: TableFile, batch_rows: int = 700) -> pa.Table:
    pieces, schema = pieces_of(table), RowReader(table, MAPPING).schema
    read = read_pieces(pieces, MAPPING)
    # Pieces are read by different tasks, in any order.
    numbers = [pa.RecordBatch.from_pylist([{"id": k}]) for k in reversed(range(len(pieces.pieces)))]
    rows = pa.Table.from_batches([batch for one in numbers for batch in read(iter([one]))])
    for position, entity in enumerate(schema.entities):
        fold = fold_entity(position, schema)
        tasks = shuffled(rows, ENTITY + entity.name)
        rows = pa.concat_tables(
            [
                pa.Table.from_batches(fold(iter(task.combine_chunks().to_batches(batch_rows))))
                for task in tasks
            ]
        )
    spread = spread_features(schema)
    return pa.Table.from_batches(spread(iter(rows.sort_by("row").combine_chunks().to_batches())))


def test_features_in_tasks_are_those_of_one_machine_to_the_bit(tmp_path: Path) -> None:
    table = write_history(tmp_path)
    expected = pa.Table.from_batches(feature_batches(RowReader(table, MAPPING)))
    assert same_bits(features_of(table), expected)


def test_profiles_that_count_time_by_their_own_rows_only_would_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history must have profiles that start anew, or the test above proves too little."""
    table = write_history(tmp_path)
    expected = pa.Table.from_batches(feature_batches(RowReader(table, MAPPING)))
    stage = Profiles.stage
    monkeypatch.setattr(
        Profiles, "stage", lambda profiles, columns, out, _newest: stage(profiles, columns, out)
    )
    assert not same_bits(features_of(table), expected)


def test_pieces_number_the_rows_of_all_files(tmp_path: Path) -> None:
    table = write_history(tmp_path, rows=10, files=3)
    pieces = pieces_of(table)
    assert [piece.first for piece in pieces.pieces] == [1, 5, 8]
    assert pieces.rows == 10
    assert pieces.pieces[0].newest == 0.0
