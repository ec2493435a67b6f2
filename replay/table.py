"""Reads CSV and Parquet files in parts, so that files may be larger than memory."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

PART_ROWS = 65_536
_CSV_BLOCK_BYTES = 8 << 20


class UnreadableTable(ValueError):
    """The file is missing, empty, or neither CSV nor Parquet. The message says which and why."""


class TableFile:
    """A file of rows.

    Args:
        path: Path that ends in .csv, .parquet or .pq.
        as_text: Whether to read every column of a CSV file as text, so that the code that converts a value
            can name the row of an invalid one.
    """

    def __init__(self, path: Path, *, as_text: bool = False) -> None:
        self.path = path
        self._as_text = as_text
        try:
            self.schema = self._read_schema()
        except (OSError, UnicodeDecodeError, pa.ArrowInvalid) as error:
            raise UnreadableTable(f"{path}: {error}") from None

    @property
    def columns(self) -> Sequence[str]:
        return list(self.schema.names)

    def rows(self) -> int | None:
        """Return the number of rows where the file states it, else None."""
        return pa.parquet.ParquetFile(self.path).metadata.num_rows if self._is_parquet else None

    def parts(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield the rows in their order, some ten thousand at a time.

        Raises:
            UnreadableTable: a row is broken.
        """
        wanted = list(dict.fromkeys(columns))
        try:
            if self._is_parquet:
                yield from pa.parquet.ParquetFile(self.path).iter_batches(PART_ROWS, columns=wanted)
            else:
                yield from self._csv(wanted)
        except (OSError, UnicodeDecodeError, pa.ArrowInvalid) as error:
            raise UnreadableTable(f"{self.path}: {error}") from None

    @property
    def _is_parquet(self) -> bool:
        return self.path.suffix.lower() in (".parquet", ".pq")

    def _read_schema(self) -> pa.Schema:
        if self._is_parquet:
            return pa.parquet.read_schema(self.path)
        return self._csv(None).schema

    def _csv(self, columns: Sequence[str] | None) -> pa.csv.CSVStreamingReader:
        convert = pa.csv.ConvertOptions(include_columns=columns)
        if self._as_text:
            convert.column_types = dict.fromkeys(self._header(), pa.string())
            convert.strings_can_be_null = True
        read = pa.csv.ReadOptions(block_size=_CSV_BLOCK_BYTES)
        return pa.csv.open_csv(self.path, read_options=read, convert_options=convert)

    def _header(self) -> list[str]:
        with self.path.open(newline="", encoding="utf-8") as file:
            return next(csv.reader(file), [])
