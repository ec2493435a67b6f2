"""Features of a history on a cluster, equal to the bit to those of `features/offline.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from distributed.pieces import Pieces, survey_pieces
from distributed.rows import columns_of, features_so_far, in_ddl, travelling, travelling_schema, with_features
from distributed.watching import watched
from features.profiles import Profiles
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from replay.feature_table import ENTITY, feature_columns, table_schema
from replay.mapping import Mapping
from replay.progress import Progress
from replay.reading import RowReader
from storage.history.columns import FEATURES, features_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_ROWS_A_TASK = 1_000_000
Batches = Iterator[pa.RecordBatch]
Step = Callable[[Batches], Batches]


def write_features(
    spark: SparkSession, reader: RowReader, out: Path, partitions: int | None, report_progress: Progress
) -> int:
    """Write the table of features as a folder of Parquet files, whose names follow the order of the rows.

    Args:
        spark: The session.
        reader: Reads the history; every task must find its files under the same path.
        out: The folder, on storage that all tasks share.
        partitions: Tasks of each step; None takes one for a million rows, and at least one for each core.
        report_progress: Takes how far the job is.

    Returns:
        The number of rows.
    """
    with watched(spark, "counting rows", report_progress):
        pieces = survey_pieces(spark, reader.table, reader.mapping)
    with watched(spark, "featurising", report_progress):
        feature_frame(spark, pieces, reader.mapping, reader.schema, partitions).write.parquet(str(out))
    return pieces.rows


def feature_frame(
    spark: SparkSession, pieces: Pieces, mapping: Mapping, schema: TransactionSchema, partitions: int | None
) -> DataFrame:
    """Return the table of features as a frame, its partitions in the order of the rows.

    1. Each task reads a piece.  2. For each entity, the rows of a key meet in one task, and are folded in
    their order.  3. The rows go back to their order.

    A row carries the features of earlier entities to the next one, as on the stream. So nothing is joined.

    Args:
        spark: The session.
        pieces: The history.
        mapping: Names its columns.
        schema: The entities.
        partitions: Tasks of each step; None takes one for a million rows, and at least one for each core.
    """
    tasks = partitions or max(spark.sparkContext.defaultParallelism, -(-pieces.rows // _ROWS_A_TASK))
    number, ddl = len(pieces.pieces), in_ddl(travelling_schema(schema))
    frame = spark.range(0, number, 1, number).mapInArrow(read_pieces(pieces, mapping), ddl)
    for position, entity in enumerate(schema.entities):
        together = frame.repartition(tasks, ENTITY + entity.name).sortWithinPartitions("row")
        frame = together.mapInArrow(fold_entity(position, schema), ddl)
    place = ((frame["row"] - 1) * tasks / (pieces.rows or 1)).cast("int")
    ordered = frame.repartitionById(tasks, place).sortWithinPartitions("row")
    return ordered.mapInArrow(spread_features(schema), in_ddl(table_schema(schema)))


def read_pieces(pieces: Pieces, mapping: Mapping) -> Step:
    """Return the step that takes numbers of pieces and reads their rows."""

    def read(batches: Batches) -> Batches:
        for batch in batches:
            for number in batch["id"].to_pylist():
                piece = pieces.pieces[number]
                reader, newest = RowReader(piece.table, mapping), piece.newest
                for part in reader.parts(piece.first):
                    by_then = np.maximum.accumulate(np.maximum(part.columns.time, newest))
                    newest = float(by_then[-1])
                    yield travelling(part, reader.families, by_then, reader.schema)

    return read


def fold_entity(position: int, schema: TransactionSchema) -> Step:
    """Return the step that folds rows into the profiles of one entity.

    A task must have all rows of its keys, in their order. The first entity adds the rows' own features.
    """

    def fold(batches: Batches) -> Batches:
        profiles, layout = Profiles(position), FeatureLayout(schema)
        place = layout.entities[position]
        for batch in batches:
            columns, X = columns_of(batch, schema), features_so_far(batch, layout, position)
            if position == 0:
                layout.own_features(columns, X)
            profiles.publish(profiles.stage(columns, X[:, place], batch["newest"].to_numpy()))
            yield with_features(batch, X[:, : place.stop], schema)

    return fold


def spread_features(schema: TransactionSchema) -> Step:
    """Return the step that turns the binary value of features into a column for each."""

    def spread(batches: Batches) -> Batches:
        whole, width = table_schema(schema), len(FeatureLayout(schema))
        facts = len(whole) - width
        for batch in batches:
            columns = batch.columns[:facts] + feature_columns(features_of(batch[FEATURES], width))
            yield pa.RecordBatch.from_arrays(columns, schema=whole)

    return spread
