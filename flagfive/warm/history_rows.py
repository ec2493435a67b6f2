"""Reads the rows of labelled files as workers would read them, and counts what is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.byte_strings import ByteStrings
from features.card_numbers import rows_with_card_numbers
from features.schema import TransactionSchema
from flagfive.errors import UserError
from replay.mapping import EntityColumn, Mapping, WrongMapping, bundled_for, read_mapping
from replay.reading import Part, RowReader
from replay.refusals import Refusals
from replay.table import TableFile, UnreadableTable

_BLOCK_BYTES = 4 << 20
_NO_ARRIVAL = -1e18  # no number is excused as a time near it

Show = Callable[[str, int, int], None]


@dataclass(frozen=True)
class SourceFile:
    """A file or pattern of files with its mapping."""

    table: TableFile
    mapping: Mapping


def open_files(files: Sequence[Path], mapping: Path | None, schema: TransactionSchema) -> list[SourceFile]:
    """Open labelled files, and choose the columns that the settings need.

    Args:
        files: CSV, JSON lines or Parquet files, folders or patterns.
        mapping: mapping file; None takes a bundled mapping that fits.
        schema: the entities of the settings.

    Raises:
        UserError: a file or the mapping cannot be read, or the mapping lacks an entity.
    """
    return [_open(file, mapping, schema) for file in files]


def _open(file: Path, path: Path | None, schema: TransactionSchema) -> SourceFile:
    try:
        table = TableFile(file, as_text=True)
        chosen = read_mapping(path) if path else bundled_for(table.columns)
        if chosen is None:
            raise UserError(
                f"{file}: no bundled mapping fits. Create one with: flagfive inspect {file} --out "
                "mapping.toml"
            )
        columns = {entity.name: entity.column for entity in chosen.entities}
        wanted = [entity.name for entity in schema.entities]
        if missing := [name for name in wanted if name not in columns]:
            raise UserError(
                f"the mapping has the entities {list(columns)}, but the settings need {missing} too. Name a "
                "column for each under [[entities]], or take the entity out of the settings"
            )
        entities = tuple(EntityColumn(name, columns[name]) for name in wanted)
        chosen = msgspec.structs.replace(chosen, entities=entities, numeric=(), categorical=())
        chosen.check_all(table.columns, str(file))
    except (WrongMapping, UnreadableTable) as error:
        raise UserError(str(error)) from None
    return SourceFile(table, chosen)


def fingerprint(sources: Sequence[SourceFile], show: Show) -> tuple[str, int]:
    """Return a hash of the contents and the mapping, and about how many rows there are.

    Args:
        sources: the files.
        show: takes the progress.
    """
    found, rows = hashlib.sha256(), 0
    for source in sources:
        found.update(msgspec.json.encode(source.mapping))
        counted = source.table.rows()
        for file in source.table.files:
            with pa.input_stream(str(file), compression="detect") as stream:
                while block := stream.read(_BLOCK_BYTES):
                    found.update(block)
                    rows += block.count(b"\n") if counted is None else 0
                    show("looking at the files", rows, 0)
        rows += counted or 0
    return found.hexdigest(), rows


@dataclass(frozen=True)
class Arrived:
    """Rows that can be read.

    Attributes:
        part: the rows.
        number: number of each row over all files, from 0, int64 (n,).
    """

    part: Part
    number: NDArray[np.int64]

    def where(self, rows: NDArray[np.bool_]) -> Arrived:
        """Return some of the rows."""
        return Arrived(self.part.where(np.flatnonzero(rows)), self.number[rows])


class HistoryRows:
    """The rows of several files one after the other, and what was refused.

    Args:
        sources: the files.
        schema: the limits of times.
        now: event times more than `schema.max_ahead_s` after it are refused, seconds since 1970.

    Attributes:
        refusals: counts refused rows.
        read: rows read, refused ones too.
    """

    def __init__(self, sources: Sequence[SourceFile], schema: TransactionSchema, now: float) -> None:
        self._sources, self._schema, self._latest = sources, schema, now + schema.max_ahead_s
        self.refusals = Refusals()
        self.read = 0

    def __iter__(self) -> Iterator[Arrived]:
        """Yield the rows that can be read, some ten thousand at a time.

        Raises:
            UserError: a file is broken.
        """
        for source in self._sources:
            reader = RowReader(source.table, source.mapping, refusals=self.refusals)
            reader.schema = replace(reader.schema, earliest=self._schema.earliest, latest=self._schema.latest)
            before = self.read
            try:
                for part in reader.parts():
                    self.read = before + reader.read
                    yield self._allowed(source, Arrived(part, before + part.numbers - 1))
            except UnreadableTable as error:
                raise UserError(str(error)) from None

    def refuse(self, reason: str, rows: Arrived, wrong: NDArray[np.bool_]) -> Arrived:
        """Count rows as refused; return the others."""
        if not wrong.any():
            return rows
        self.refusals.note_rows(reason, "", rows.number[wrong] + 1)
        return rows.where(~wrong)

    def _allowed(self, source: SourceFile, rows: Arrived) -> Arrived:
        columns = rows.part.columns
        rows = self.refuse("the time is in the future", rows, columns.time > self._latest)
        columns = rows.part.columns
        found = np.zeros(len(columns), np.bool_)
        for texts in (columns.id, *columns.keys):
            found |= _with_card_numbers(texts)
        return self.refuse("an id or a key looks like a card number: use tokens", rows, found)


def _with_card_numbers(texts: ByteStrings) -> NDArray[np.bool_]:
    n = len(texts)
    found, none = np.zeros(n, np.bool_), np.empty((n, 0, 2), np.int64)
    rows_with_card_numbers(texts.buffer, texts.start, texts.end, none, np.full(n, _NO_ARRIVAL), found)
    return found
