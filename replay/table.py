"""Reads CSV, JSON lines and Parquet files in parts, so that files may be larger than memory."""

from __future__ import annotations

import copy
import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet

from replay.table_format import CsvFormat, csv_format, kind_of

PART_ROWS = 65_536
ROW = "#row"  # the column that every file has: name and number of the row, as an id
_BLOCK_BYTES = 8 << 20
_LONGEST_NAME = 40  # characters of the file's name in an id; ids may have 128 bytes


class UnreadableTable(ValueError):
    """The file is missing, empty, or not in a known format. The message says which and why."""


class TableFile:
    """The rows of a file, or of several files of the same columns.

    Every file also has the column `#row`, which numbers the rows from 1: `payments-1`, `payments-2`.

    Args:
        path: A file, a folder, or a pattern such as `2024/*.csv.gz`; files follow each other by name.
            Names that end in .parquet or .pq are Parquet; .jsonl, .ndjson and .json are JSON lines;
            all others are CSV, separated by comma, semicolon, tab or bar. .gz, .zst and .bz2 may follow.
        as_text: Whether to read every column of a CSV file as text, so that the code that converts a value
            can name the row of an invalid one.

    Raises:
        UnreadableTable: there is no such file, or it cannot be read.
    """

    def __init__(self, path: Path, *, as_text: bool = False) -> None:
        self.path = path
        self._as_text = as_text
        self._files = _files(path)
        self._group: int | None = None  # the row group of a Parquet file, where only one is read
        try:
            self.schema = self._read_schema(self._files[0])
        except (OSError, UnicodeDecodeError, pa.ArrowInvalid) as error:
            raise UnreadableTable(f"{self._files[0]}: {error}") from None

    @property
    def columns(self) -> Sequence[str]:
        return list(self.schema.names)

    @property
    def files(self) -> Sequence[Path]:
        """The files in their order."""
        return self._files

    def pieces(self) -> list[TableFile]:
        """Return what can be read on its own, in order: each row group of a Parquet file, each other file."""
        return [self._with(file, group) for file in self._files for group in _groups(file)]

    def rows(self) -> int | None:
        """Return the number of rows where the files state it, else None."""
        if any(kind_of(file) != "parquet" for file in self._files):
            return None
        return sum(int(pa.parquet.ParquetFile(file).metadata.num_rows) for file in self._files)

    def parts(self, columns: Sequence[str], first: int = 1) -> Iterator[pa.RecordBatch]:
        """Yield the rows in their order, some ten thousand at a time; `first` is the number of the first.

        Raises:
            UnreadableTable: a row is broken.
        """
        wanted = list(dict.fromkeys(column for column in columns if column != ROW))
        at = first
        for file in self._files:
            try:
                for part in self._batches(file, wanted):
                    yield self._numbered(part, at) if ROW in columns else part
                    at += part.num_rows
            except (OSError, UnicodeDecodeError, pa.ArrowInvalid, KeyError) as error:
                raise UnreadableTable(f"{file}: {error}") from None

    def _with(self, file: Path, group: int | None) -> TableFile:
        piece = copy.copy(self)
        piece._files, piece._group = [file], group
        return piece

    def _numbered(self, part: pa.RecordBatch, first: int) -> pa.RecordBatch:
        name = self.path.name.split(".")[0].replace("*", "")[:_LONGEST_NAME] or "row"
        numbers = pa.array(range(first, first + part.num_rows), pa.int64())
        ids = pc.binary_join_element_wise(name, pc.cast(numbers, pa.string()), "-")
        return part.append_column(ROW, ids)

    def _read_schema(self, file: Path) -> pa.Schema:
        if kind_of(file) == "parquet":
            return pa.parquet.read_schema(file)
        if kind_of(file) == "json":
            return pa.json.open_json(_stream(file), _json_blocks()).schema
        return self._csv(file, csv_format(file), None).schema

    def _batches(self, file: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
        kind = kind_of(file)
        if kind == "parquet":
            groups = None if self._group is None else [self._group]
            yield from pa.parquet.ParquetFile(file).iter_batches(PART_ROWS, groups, columns)
        elif kind == "json":
            for part in pa.json.open_json(_stream(file), _json_blocks()):
                yield part.select(columns)
        else:
            form = csv_format(file)
            for part in self._csv(file, form, columns):
                yield _with_points(part) if self._as_text and form.decimal == "," else part

    def _csv(self, file: Path, form: CsvFormat, columns: list[str] | None) -> pa.csv.CSVStreamingReader:
        convert = pa.csv.ConvertOptions(include_columns=columns, decimal_point=form.decimal)
        if self._as_text:
            convert.column_types = dict.fromkeys(_header(file, form), pa.string())
            convert.strings_can_be_null = True
        # Arrow leaves out the byte order mark of UTF-8 itself, and converts other encodings in Python.
        encoding = "utf8" if form.encoding == "utf-8-sig" else form.encoding
        read = pa.csv.ReadOptions(block_size=_BLOCK_BYTES, encoding=encoding)
        parse = pa.csv.ParseOptions(delimiter=form.separator)
        return pa.csv.open_csv(_stream(file), read_options=read, parse_options=parse, convert_options=convert)


def _files(path: Path) -> list[Path]:
    """Return the files of a path in the order of their names; hidden files are left out."""
    if path.is_dir():
        found = [file for file in path.iterdir() if file.is_file()]
    elif any(sign in str(path) for sign in "*?[") and not path.exists():
        root = Path(path.anchor) if path.is_absolute() else Path()
        found = [file for file in root.glob(str(path.relative_to(root))) if file.is_file()]
    else:
        return [path]
    files = sorted(file for file in found if not file.name.startswith((".", "_")))
    if not files:
        raise UnreadableTable(f"{path}: no files")
    return files


def _groups(file: Path) -> Sequence[int | None]:
    return range(pa.parquet.read_metadata(file).num_row_groups) if kind_of(file) == "parquet" else [None]


def _stream(file: Path) -> pa.NativeFile:
    return pa.input_stream(str(file), compression="detect")


def _json_blocks() -> pa.json.ReadOptions:
    return pa.json.ReadOptions(block_size=_BLOCK_BYTES)


def _header(file: Path, form: CsvFormat) -> list[str]:
    with _stream(file) as stream, io.TextIOWrapper(stream, encoding=form.encoding, newline="") as text:
        return next(csv.reader(text, delimiter=form.separator), [])


def _with_points(part: pa.RecordBatch) -> pa.RecordBatch:
    """Return texts such as 12,50 as 12.50."""
    columns = [pc.replace_substring_regex(c, r"^([+-]?\d+),(\d+)$", r"\1.\2") for c in part.columns]
    return pa.RecordBatch.from_arrays(columns, names=part.schema.names)
