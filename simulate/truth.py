"""Writes the truth of simulated payments to a Parquet file."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from simulate.chunk import Chunk

_GROUP_ROWS = 65_536  # rows written at once; many small row groups would bloat the file

TRUTH = pa.schema(
    [
        ("transaction_id", pa.string()),
        ("time", pa.float64()),  # seconds since 1970
        ("amount", pa.float64()),
        ("fraud", pa.bool_()),
        ("family", pa.string()),  # empty for genuine
    ]
)


class TruthFile:
    """A Parquet file with the columns of `TRUTH`; it is complete after closing.

    Args:
        path: the file; an existing one is overwritten.

    Example:
        with TruthFile(Path("truth.parquet")) as truth:
            truth.add(chunk)
    """

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, TRUTH)
        self._held: list[pa.Table] = []
        self._rows = 0

    def __enter__(self) -> TruthFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write()
        self._writer.close()

    def add(self, chunk: Chunk) -> None:
        """Add the truth of the payments of a chunk."""
        columns = [chunk.ids(), chunk.time, chunk.amount, chunk.fraud, chunk.family.tolist()]
        arrays = [pa.array(column, field.type) for column, field in zip(columns, TRUTH, strict=True)]
        self._held.append(pa.table(arrays, schema=TRUTH))
        self._rows += len(chunk)
        if self._rows >= _GROUP_ROWS:
            self._write()

    def _write(self) -> None:
        if self._held:
            self._writer.write_table(pa.concat_tables(self._held))
        self._held, self._rows = [], 0
