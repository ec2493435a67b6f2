"""Writes transactions of the history store to one Parquet file."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flagfive.errors import UserError
from storage.history import HistoryReader


def export_history(
    reader: HistoryReader,
    path: Path,
    since: float | None,
    until: float | None,
    show: Callable[[str, int, int], None],
) -> int:
    """Write a range of event times; a file of that name is replaced only once the new one is whole.

    Args:
        reader: reads the store.
        path: the file.
        since: lowest event time, seconds since 1970; None begins with the oldest.
        until: highest event time, exclusive; None ends with the newest.
        show: takes the progress.

    Returns:
        The number of rows.

    Raises:
        UserError: nothing is stored in the range, or the file cannot be written.
        StorageUnavailable: the store cannot be reached.
    """
    low, high = -math.inf if since is None else since, math.inf if until is None else until
    expected = sum(file.rows for file in reader.files(low, high))
    whole, rows = path.with_name(path.name + ".part"), 0
    writer: pq.ParquetWriter | None = None
    try:
        for batch in reader.batches(reader.names, since=low, until=high):
            writer = writer or pq.ParquetWriter(whole, batch.schema, compression="zstd")
            writer.write_table(pa.Table.from_batches([batch]))
            rows += len(batch)
            show("exporting", rows, max(expected, rows))
        if writer is None:
            raise UserError("the history store holds no transactions of these days")
        writer.close()
        whole.replace(path)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    finally:
        if writer is not None:
            writer.close()
        whole.unlink(missing_ok=True)
    return rows
