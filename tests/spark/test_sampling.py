"""Samples from Spark have every fraud, and are equal for equal seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from distributed.sampling import history_from, sampled_history
from replay.feature_table import feature_batches
from replay.progress import ignore_progress
from replay.reading import RowReader
from tests.histories import MAPPING, write_history

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_a_sample_has_every_fraud_and_the_same_rows_again(spark: SparkSession, tmp_path: Path) -> None:
    reader = RowReader(write_history(tmp_path, rows=4_000), MAPPING)
    whole = history_from(pa.Table.from_batches(feature_batches(reader)), reader.schema).rows
    first, again, other = (
        sampled_history(spark, reader, ignore_progress, seed=seed, most_others=1_000).rows
        for seed in (1, 1, 2)
    )
    assert first.X.tobytes() == again.X.tobytes()
    assert first.X.tobytes() != other.X.tobytes()
    assert first.X[first.family != 0].tobytes() == whole.X[whole.family != 0].tobytes()
    assert 800 < (first.family == 0).sum() < 1_200
    assert np.isin(first.seconds, whole.seconds).all()


def test_a_small_history_is_taken_whole(spark: SparkSession, tmp_path: Path) -> None:
    reader = RowReader(write_history(tmp_path, rows=500), MAPPING)
    whole = history_from(pa.Table.from_batches(feature_batches(reader)), reader.schema)
    found = sampled_history(spark, reader, ignore_progress, seed=0)
    assert found.names == whole.names
    for name in ("X", "family", "card", "seconds"):
        assert getattr(found.rows, name).tobytes() == getattr(whole.rows, name).tobytes()
