"""A sample of a history to train on: every fraud, and as many other rows as training on one machine takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from distributed.features import feature_frame
from distributed.pieces import survey_pieces
from distributed.watching import watched
from features.byte_strings import ByteStrings
from features.formulas import WINDOW_FORMULAS
from features.hashing import hash_strings
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from meta.sampler import Labelled
from meta.training import NamedHistory
from replay.feature_table import ENTITY
from replay.progress import Progress
from replay.reading import RowReader

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MOST_OTHERS = 500_000  # rows that are not fraud; 46 features of each are 92 MB
_UNNAMED = -1  # family of a fraud without a name
_HASHES = 1 << 32


def sampled_history(
    spark: SparkSession,
    reader: RowReader,
    report_progress: Progress,
    *,
    seed: int,
    most_others: int = MOST_OTHERS,
) -> NamedHistory:
    """Featurise a whole history on the cluster, and bring a sample of it to this machine.

    The hash of a row's number and the seed decides whether it is drawn. So equal seeds give equal samples on
    any cluster.

    Args:
        spark: The session.
        reader: Reads the history; its mapping names the label.
        report_progress: Takes how far the job is.
        seed: Seed of the sample.
        most_others: Rows that are not fraud, about; all where the history has no more.
    """
    with watched(spark, "counting rows", report_progress):
        pieces = survey_pieces(spark, reader.table, reader.mapping)
    below = int(min(1.0, most_others / max(pieces.rows, 1)) * _HASHES)
    drawn = f"coalesce(fraud, false) or pmod(xxhash64(row, {seed}L), {_HASHES}L) < {below}L"
    with watched(spark, "featurising and sampling", report_progress):
        frame = feature_frame(spark, pieces, reader.mapping, reader.schema, None)
        return history_from(frame.where(drawn).toArrow().sort_by("row"), reader.schema)


def history_from(table: pa.Table, schema: TransactionSchema) -> NamedHistory:
    """Return rows of a table of features as history to train on. Rows that are not fraud count as genuine."""
    names = FeatureLayout(schema).names
    X = np.stack([table[name].to_numpy() for name in names], axis=1)
    kinds = table["pattern"].to_pylist()
    families: dict[str, int] = {}
    family = np.zeros(table.num_rows, np.int64)
    for row in np.flatnonzero(table["fraud"].fill_null(False).to_numpy()):
        kind = kinds[row]
        family[row] = _UNNAMED if kind is None else families.setdefault(kind, len(families) + 1)
    keys = ByteStrings.from_arrow(table[ENTITY + schema.primary.name].combine_chunks())
    rows = Labelled(X, family, hash_strings(keys).view(np.int64), table["event_time"].to_numpy())
    return NamedHistory(names, rows, tuple(families), formulas=WINDOW_FORMULAS)
