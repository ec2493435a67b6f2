"""The pieces of a history that Spark's tasks read: which rows each has, and how late it is by then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from replay.mapping import Mapping
from replay.table import TableFile
from replay.times import event_times

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Count:
    """The number of rows of a piece, and its newest event time, seconds since 1970."""

    rows: int
    newest: float


@dataclass(frozen=True)
class Piece:
    """Rows that one task reads.

    Attributes:
        table: What to read.
        first: Number of its first row in the whole history, from 1.
        newest: Newest event time before it, seconds since 1970; 0 before the first piece.
    """

    table: TableFile
    first: int
    newest: float


@dataclass(frozen=True)
class Pieces:
    """A whole history in pieces, and its number of rows."""

    pieces: Sequence[Piece]
    rows: int


def survey_pieces(spark: SparkSession, table: TableFile, mapping: Mapping) -> Pieces:
    """Count the rows of each piece on the cluster and find its newest event time."""
    tables = table.pieces()

    def count(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch["id"].to_pylist():
                found = count_piece(tables[number], mapping)
                yield pa.RecordBatch.from_pylist([{"id": number, "rows": found.rows, "newest": found.newest}])

    counting = spark.range(0, len(tables), 1, len(tables)).mapInArrow(
        count, "id long, rows long, newest double"
    )
    counts = counting.toArrow().sort_by("id").to_pylist()
    return in_order(tables, [Count(one["rows"], one["newest"]) for one in counts])


def count_piece(table: TableFile, mapping: Mapping) -> Count:
    """Count rows; reads the columns of time only. Invalid times are left to those who read all columns."""
    rows, newest = 0, 0.0
    for batch in table.parts(mapping.time_columns):
        seconds, wrong = event_times(batch, mapping)
        rows += batch.num_rows
        newest = max(newest, float(np.max(seconds, initial=0.0, where=~wrong)))
    return Count(rows, newest)


def in_order(tables: Sequence[TableFile], counts: Sequence[Count]) -> Pieces:
    """Give each piece the number of its first row, and the newest event time before it.

    A profile that has been idle for long starts anew. What counts is the newest event time of the whole
    history by then, which a task that sees only some entities cannot know.
    """
    pieces, first, newest = [], 1, 0.0
    for table, count in zip(tables, counts, strict=True):
        pieces.append(Piece(table, first, newest))
        first, newest = first + count.rows, max(newest, count.newest)
    return Pieces(pieces, first - 1)
