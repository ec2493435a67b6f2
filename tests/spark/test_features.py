"""Features from real Spark on two cores are those of one machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distributed.errors import TaskRefused, errors_of_tasks
from distributed.features import write_features
from replay.feature_table import feature_batches
from replay.mapping import Mapping, bundled_for
from replay.progress import ignore_progress
from replay.reading import RowReader
from replay.table import TableFile
from tests.histories import MAPPING, same_bits, write_history

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

HANDBOOK = Path("/work/shared/data/handbook.parquet")


def both(
    spark: SparkSession, table: TableFile, mapping: Mapping, out: Path, partitions: int | None = None
) -> tuple[pa.Table, pa.Table]:
    """Return the table of features from Spark, read file by file, and that of one machine."""
    reader = RowReader(table, mapping)
    rows = write_features(spark, reader, out, partitions, ignore_progress)
    files = sorted(out.glob("*.parquet"))
    found = pa.concat_tables([pq.read_table(file) for file in files])
    assert found.num_rows == rows
    return found, pa.Table.from_batches(feature_batches(RowReader(table, mapping)))


@pytest.mark.parametrize("partitions", [None, 7])
def test_a_busy_card_and_late_rows_give_the_same_bits_in_the_same_order(
    spark: SparkSession, tmp_path: Path, partitions: int | None
) -> None:
    (tmp_path / "history").mkdir()
    table = write_history(tmp_path / "history")
    found, expected = both(spark, table, MAPPING, tmp_path / "features", partitions)
    assert same_bits(found, expected)


def test_a_part_of_the_handbook_gives_the_same_bits(spark: SparkSession, tmp_path: Path) -> None:
    if not HANDBOOK.exists():
        pytest.skip(f"{HANDBOOK} is not here")
    path = tmp_path / "handbook.parquet"
    pq.write_table(pq.read_table(HANDBOOK).slice(0, 200_000), path, row_group_size=70_000)
    table = TableFile(path, as_text=True)
    mapping = bundled_for(table.columns)
    assert mapping is not None
    found, expected = both(spark, table, mapping, tmp_path / "features")
    assert same_bits(found, expected)


def test_an_invalid_row_is_named_as_on_one_machine(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "history").mkdir()
    table = write_history(tmp_path / "history", rows=30)
    last = tmp_path / "history" / "2.csv"
    lines = last.read_text().splitlines()
    lines[-1] = lines[-1].replace("card-", "", 1).replace(lines[-1].split(",")[1], "much", 1)
    last.write_text("\n".join(lines) + "\n")
    with pytest.raises(TaskRefused, match="row 30, column amount: 'much'"), errors_of_tasks():
        write_features(spark, RowReader(table, MAPPING), tmp_path / "features", None, ignore_progress)
