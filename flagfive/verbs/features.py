"""`flagfive features`: compute the features of a history, here or on a Spark cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError

if TYPE_CHECKING:
    from replay.progress import Progress
    from replay.reading import RowReader

app = typer.Typer(add_completion=False)


@app.command(
    epilog="Examples: flagfive features history.parquet --out features.parquet; "
    "flagfive features 'history/*.csv.gz' --mapping mapping.toml --out features --engine spark"
)
def features(
    file: Annotated[
        Path, typer.Argument(help="CSV, JSON lines or Parquet, rows in order of arrival; also a folder.")
    ],
    out: Annotated[Path, typer.Option(help="Parquet file to write; with --engine spark, a folder of them.")],
    mapping: Annotated[
        Path | None,
        typer.Option(
            help="TOML file that maps columns (see `flagfive inspect`; default: a bundled one that fits)."
        ),
    ] = None,
    engine: Annotated[str, typer.Option(help="local, or spark.")] = "local",
    master: Annotated[
        str | None,
        typer.Option(help="spark: the cluster, such as local[2] (default: what spark-submit says)."),
    ] = None,
    partitions: Annotated[
        int | None, typer.Option(min=1, help="spark: tasks of each step (default: one for a million rows).")
    ] = None,
) -> None:
    """Compute the features of each transaction in FILE as of just before it, as the stream would.

    OUT has a row for each transaction, in the order of FILE: its number, id, time, amount, keys and label,
    then the features. Both engines write the same values, to the bit.
    """
    from distributed.features import write_features
    from flagfive.labelled_file import open_table, report_progress
    from flagfive.spark_engine import started
    from replay.reading import RowReader

    if engine == "local" and partitions:
        raise UserError("--partitions needs --engine spark")
    if out.exists():
        raise UserError(f"--out {out}: it exists; name a file that does not")
    if not out.resolve().parent.is_dir():
        raise UserError(f"--out {out}: the folder does not exist")
    table, chosen = open_table(file, mapping)
    with started(engine, master) as spark, report_progress() as progress:
        reader = RowReader(table, chosen)
        if spark is None:
            rows = _here(reader, out, progress)
        else:
            rows = write_features(spark, reader, out, partitions, progress)
    print(f"{rows:,} rows with features in {out}")


def _here(reader: RowReader, out: Path, progress: Progress) -> int:
    """Write the table to a file that gets its name only when it is whole."""
    from pyarrow.parquet import ParquetWriter

    from replay.feature_table import feature_batches, table_schema

    done, total, growing = 0, reader.table.rows() or 0, out.with_name(f".{out.name}.part")
    try:
        with ParquetWriter(growing, table_schema(reader.schema)) as writer:
            for batch in feature_batches(reader):
                writer.write_batch(batch)
                done += batch.num_rows
                progress("featurising", done, total)
        growing.rename(out)
    except OSError as error:
        raise UserError(f"--out {out}: {error.strerror}") from None
    finally:
        growing.unlink(missing_ok=True)
    return done
