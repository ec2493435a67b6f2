"""`./run bench spark FILE [--master local[2]]`: features of a file on Spark, beside one process here.

Both write the same table of features, one after the other, and every bit is compared. The kernels are warm: a
few rows go through both before the clock starts. Spark's start is a figure of its own.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from distributed.features import write_features
from distributed.session import spark_session
from flagfive.labelled_file import open_table
from replay.feature_table import feature_batches, table_schema
from replay.mapping import Mapping
from replay.progress import ignore_progress
from replay.reading import RowReader
from replay.table import TableFile

_WARM_ROWS = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench spark", description=__doc__)
    parser.add_argument("file", type=Path, help="labelled file, such as handbook.parquet")
    parser.add_argument("--mapping", type=Path, help="its mapping (default: a bundled one that fits)")
    parser.add_argument("--master", default="local[2]", help="the cluster (default local[2])")
    parser.add_argument("--json", type=Path, help="file for all figures")
    arguments = parser.parse_args()
    table, mapping = open_table(arguments.file, arguments.mapping)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(table, mapping, arguments.master, Path(folder))
    for name, value in figures.items():
        print(f"{name:44} {value:14,.1f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


def measure(table: TableFile, mapping: Mapping, master: str, folder: Path) -> dict[str, float]:
    """Write the features in both ways; return seconds and rows a second."""
    begun = time.monotonic()
    with spark_session(master) as spark:
        start_s = time.monotonic() - begun
        few = _few(table, folder / "few")
        write_features(spark, RowReader(few, mapping), folder / "warm", None, ignore_progress)
        _write_here(RowReader(few, mapping), folder / "warm.parquet")
        here_s = _timed(lambda: _write_here(RowReader(table, mapping), folder / "here.parquet"))
        reader, out = RowReader(table, mapping), folder / "spark"
        spark_s = _timed(lambda: write_features(spark, reader, out, None, ignore_progress))
    rows = pq.read_metadata(folder / "here.parquet").num_rows
    _check_equal(folder / "here.parquet", out)
    return {
        "rows": float(rows),
        "seconds of Spark's start": start_s,
        "seconds, one process": here_s,
        f"seconds, Spark {master}": spark_s,
        "rows a second, one process": rows / here_s,
        f"rows a second, Spark {master}": rows / spark_s,
    }


def _timed(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def _few(table: TableFile, folder: Path) -> TableFile:
    """Write the first rows of a file to a file of its own."""
    folder.mkdir()
    first = next(iter(table.parts(list(table.columns))))
    pq.write_table(pa.Table.from_batches([first.slice(0, _WARM_ROWS)]), folder / "few.parquet")
    return TableFile(folder / "few.parquet", as_text=True)


def _write_here(reader: RowReader, out: Path) -> None:
    with pq.ParquetWriter(out, table_schema(reader.schema)) as writer:
        for batch in feature_batches(reader):
            writer.write_batch(batch)


def _check_equal(here: Path, folder: Path) -> None:
    """Compare every value, and of numbers every bit."""
    one, other = (TableFile(path) for path in (here, folder))
    for name in one.columns:
        for mine, its in zip(_values(one, name), _values(other, name), strict=True):
            if mine != its:
                raise SystemExit(f"the tables differ in {name}")


def _values(table: TableFile, name: str) -> itertools.chain[bytes | object]:
    """Return the values of a column; those of numbers as bytes."""
    column = pa.chunked_array([part[name] for part in table.parts([name])])
    if pa.types.is_floating(column.type):
        return itertools.chain([column.to_numpy().tobytes()])
    return itertools.chain(column.to_pylist())


if __name__ == "__main__":
    main()
