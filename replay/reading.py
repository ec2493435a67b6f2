"""Reads the rows of a file as transactions with labels; errors name the row and the column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.byte_strings import ByteStrings
from features.codes import CATEGORY, CHANNEL, CURRENCY, INVALID, code_of
from features.columns import NO_CATEGORY, NO_CURRENCY, Channel, Columns
from features.hashing import hash_strings
from features.schema import MAX_AMOUNT, MAX_KEY_BYTES, EntityField, TransactionSchema
from replay.mapping import LabelColumn, Mapping
from replay.query import Query
from replay.refusals import SHOWN, Refusals
from replay.table import TableFile
from replay.times import event_times
from replay.truth import FRAUD, GENUINE, UNKNOWN
from replay.values import numbers, text_of, texts

_MISSING = "(missing)"
_SHOWN_ROWS = 3  # further rows that an error shows
WHOLE = "traffic"  # the entity of a file that names none; all rows share its profile


class BadRow(ValueError):
    """A value cannot be read. The message names the row, the column, and what is allowed."""


@dataclass(frozen=True, slots=True)
class Part:
    """n rows in the order of the file.

    Attributes:
        first: Number of the first row in the file, from 1.
        columns: The rows as transactions.
        label: FRAUD, GENUINE or UNKNOWN, int8 (n,).
        family: Index into `RowReader.families`, int32 (n,); -1 where none is named.
        card: Hash of the primary entity's key, uint64 (n,).
        id: Hash of each id, uint64 (n,).
        numeric: Further columns of numbers, float64 (n, p); a missing number is 0.
        categorical: Further columns of texts; a missing text is a value of its own.
    """

    first: int
    columns: Columns
    label: NDArray[np.int8]
    family: NDArray[np.int32]
    card: NDArray[np.uint64]
    id: NDArray[np.uint64]
    numeric: NDArray[np.float64]
    categorical: tuple[ByteStrings, ...]

    def __len__(self) -> int:
        return len(self.label)

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Number of each row in the file, from 1, int64 (n,); rows may be left out."""
        return self.first + self.columns.row.astype(np.int64)

    def where(self, rows: NDArray[Any]) -> Part:
        """Return some of the rows; `columns.row` still counts from `first`.

        Args:
            rows: Positions of the rows, or a mask.
        """
        return Part(
            self.first,
            self.columns.take(rows),
            self.label[rows],
            self.family[rows],
            self.card[rows],
            self.id[rows],
            self.numeric[rows],
            tuple(texts.take(rows) for texts in self.categorical),
        )

    def each_its_own_card(self) -> Part:
        """Return the same rows, each as a card of its own, for files without a card column."""
        return replace(self, card=self.id)


@dataclass
class RowReader:
    """Reads a file according to a mapping.

    Attributes:
        table: The file.
        mapping: Names the column of each meaning.
        pattern: A query; the frauds for which it holds are a family of that name, and of no other.
        families: Names of the families that were read so far.
        refusals: Counts rows with a value that cannot be read, which are then left out; None refuses the
            whole file.
        read: Rows read so far, also those left out.

    Raises:
        WrongMapping: the mapping does not fit the file, or the query cannot be read.
    """

    table: TableFile
    mapping: Mapping
    pattern: str | None = None
    families: list[str] = field(default_factory=list)
    refusals: Refusals | None = None
    read: int = field(init=False, default=0)
    _refused: NDArray[np.bool_] = field(init=False, default_factory=lambda: np.zeros(0, bool))

    def __post_init__(self) -> None:
        self.mapping.check_all(self.table.columns, str(self.table.path))
        entities = tuple(EntityField(e.name, e.column) for e in self.mapping.entities)
        self.schema = TransactionSchema(
            "id",
            "time",
            "amount",
            "currency",
            "category",
            "channel",
            entities or (EntityField(WHOLE, WHOLE),),
        )
        given, there = self.pattern, list(self.table.columns)
        self._query = None if given is None else Query.parse(given, self.mapping, there)
        self._codes: dict[tuple[int, str], int] = {}

    @property
    def has_cards(self) -> bool:
        """Whether the mapping names a primary entity."""
        return bool(self.mapping.entities)

    def parts(self, first: int = 1) -> Iterator[Part]:
        """Yield the rows in the order of the file, some ten thousand at a time.

        Args:
            first: Number of the first row.

        Raises:
            BadRow: a value cannot be read, and there are no `refusals`.
            UnreadableTable: the file is broken.
        """
        queried = self._query.columns if self._query else []
        for batch in self.table.parts([*self.mapping.every_column().values(), *queried], first):
            self.read = first - 1 + batch.num_rows
            if batch.num_rows:
                yield self._part(batch, first)
            first += batch.num_rows

    def _part(self, batch: pa.RecordBatch, first: int) -> Part:
        m, n = self.mapping, batch.num_rows
        self._refused = np.zeros(n, bool)
        ids = self._spans(batch, m.id, first)
        columns = Columns(
            row=np.arange(n, dtype=np.int32),
            id=ids,
            time=self._times(batch, first),
            amount=self._amounts(batch, first),
            currency=self._code(batch, m.currency, CURRENCY, NO_CURRENCY, first).astype(np.int32),
            category=self._code(batch, m.category, CATEGORY, NO_CATEGORY, first).astype(np.int32),
            channel=self._code(batch, m.channel, CHANNEL, Channel.UNKNOWN, first).astype(np.int8),
            keys=self._keys(batch, first),
        )
        label = self._labels(batch, first)
        card = hash_strings(columns.keys[0])
        numeric = np.zeros((n, len(m.numeric)))
        for k, column in enumerate(m.numeric):
            numeric[:, k] = self._further_numbers(batch, column, first)
        further = tuple(self._categories(batch, column) for column in m.categorical)
        families = self._families(batch, label)
        part = Part(first, columns, label, families, card, hash_strings(ids), numeric, further)
        return part.where(np.flatnonzero(~self._refused)) if self._refused.any() else part

    def _further_numbers(self, batch: pa.RecordBatch, column: str, first: int) -> NDArray[np.float64]:
        values = numbers(batch[column])
        missing = batch[column].is_null().to_numpy(zero_copy_only=False)
        self._refuse(~np.isfinite(values) & ~missing, batch, column, first, "a number, or nothing")
        return np.where(missing, 0.0, values)

    def _categories(self, batch: pa.RecordBatch, column: str) -> ByteStrings:
        """Return at most `MAX_KEY_BYTES` of each text; longer texts of the same beginning are equal."""
        given = pc.utf8_slice_codeunits(pc.fill_null(texts(batch[column]), ""), 0, MAX_KEY_BYTES // 4)
        return ByteStrings.from_arrow(pc.if_else(pc.equal(given, ""), _MISSING, given))

    def _times(self, batch: pa.RecordBatch, first: int) -> NDArray[np.float64]:
        column = self.mapping.time
        seconds, wrong = event_times(batch, self.mapping)
        allowed = f"a time as {self.mapping.time_format or 'ISO 8601'}"
        self._refuse(wrong, batch, column, first, allowed)
        outside = ~((seconds >= self.schema.earliest) & (seconds <= self.schema.latest))
        years = " to ".join(
            str(datetime.fromtimestamp(at, UTC).year) for at in (self.schema.earliest, self.schema.latest)
        )
        allowed = f"a time from {years} (see time_unit and time_start)"
        self._refuse(outside, batch, column, first, allowed)
        return seconds

    def _amounts(self, batch: pa.RecordBatch, first: int) -> NDArray[np.float64]:
        column = self.mapping.amount
        amount = numbers(batch[column])
        wrong = ~((amount >= 0) & (amount <= MAX_AMOUNT))
        self._refuse(wrong, batch, column, first, f"a number from 0 to {MAX_AMOUNT:,.0f}")
        return amount + 0.0

    def _keys(self, batch: pa.RecordBatch, first: int) -> tuple[ByteStrings, ...]:
        if not self.has_cards:
            return (ByteStrings.from_arrow(pa.array([WHOLE] * batch.num_rows, pa.large_string())),)
        return tuple(self._spans(batch, entity.column, first) for entity in self.mapping.entities)

    def _spans(self, batch: pa.RecordBatch, column: str, first: int) -> ByteStrings:
        spans = ByteStrings.from_arrow(texts(batch[column]))
        wrong = (spans.length < 1) | (spans.length > MAX_KEY_BYTES)
        self._refuse(wrong, batch, column, first, f"a text or whole number of 1 to {MAX_KEY_BYTES} bytes")
        return spans

    def _code(
        self, batch: pa.RecordBatch, column: str | None, kind: int, absent: int, first: int
    ) -> NDArray[np.int64]:
        """Return codes as the live decoder does; a missing or empty value gives `absent`."""
        if column is None:
            return np.full(batch.num_rows, absent, np.int64)
        coded = texts(batch[column]).dictionary_encode()
        known = np.array([self._code_of(kind, v, absent) for v in coded.dictionary.to_pylist()] + [absent])
        codes = known[pc.fill_null(coded.indices, len(known) - 1).to_numpy(zero_copy_only=False)]
        self._refuse(codes == INVALID, batch, column, first, "a currency of three letters")
        return np.asarray(codes, np.int64)

    def _code_of(self, kind: int, value: str, absent: int) -> int:
        if not value:
            return absent
        if (kind, value) not in self._codes:
            self._codes[kind, value] = int(code_of(np.frombuffer(value.encode(), np.uint8), kind))
        return self._codes[kind, value]

    def _labels(self, batch: pa.RecordBatch, first: int) -> NDArray[np.int8]:
        label = self.mapping.label
        if label is None:
            return np.full(batch.num_rows, UNKNOWN, np.int8)
        meaning = _meanings(label)
        found = [self._labels_of(batch, column, meaning, first) for column in label.columns]
        certain = np.where(np.any([f == GENUINE for f in found], axis=0), GENUINE, UNKNOWN)
        return np.where(np.any([f == FRAUD for f in found], axis=0), FRAUD, certain).astype(np.int8)

    def _labels_of(
        self, batch: pa.RecordBatch, column: str, meaning: dict[str, int], first: int
    ) -> NDArray[np.int8]:
        coded = texts(batch[column]).dictionary_encode()
        wrong = 2
        known = [meaning.get(value, wrong) for value in coded.dictionary.to_pylist()] + [UNKNOWN]
        found = np.asarray(np.array(known, np.int8)[pc.fill_null(coded.indices, len(known) - 1).to_numpy()])
        self._refuse(found == wrong, batch, column, first, f"one of {', '.join(sorted(meaning))}")
        return found

    def _families(self, batch: pa.RecordBatch, label: NDArray[np.int8]) -> NDArray[np.int32]:
        """Return the family of each fraud; other rows have none, even if the pattern column has a value."""
        family = np.full(batch.num_rows, -1, np.int32)
        wanted = self.mapping.label
        if wanted is not None and wanted.pattern is not None:
            self._name(batch, label, wanted, wanted.pattern, family)
        if self._query is not None:
            family[(label == FRAUD) & self._query.holds(batch)] = self._number(self._query.text)
        return family

    def _name(
        self,
        batch: pa.RecordBatch,
        label: NDArray[np.int8],
        wanted: LabelColumn,
        pattern: str,
        family: NDArray[np.int32],
    ) -> None:
        """Write the family of each fraud whose pattern column names one."""
        rows = np.flatnonzero(label == FRAUD)
        group = {text_of(v): name for name, values in wanted.families.items() for v in values}
        for row, value in zip(rows, texts(batch[pattern]).take(pa.array(rows)).to_pylist(), strict=True):
            name = group.get(value) if group else value
            if name is not None:
                family[row] = self._number(name)

    def _number(self, family: str) -> int:
        if family not in self.families:
            self.families.append(family)
        return self.families.index(family)

    def _refuse(
        self, wrong: NDArray[np.bool_], batch: pa.RecordBatch, column: str, first: int, allowed: str
    ) -> None:
        if self.refusals is not None:
            self._leave_out(self.refusals, wrong & ~self._refused, batch, column, first, allowed)
        elif wrong.any():
            rows = np.flatnonzero(wrong)
            value = batch[column][int(rows[0])].as_py()
            raise BadRow(
                f"{self.table.path}, row {first + rows[0]}, column {column}: {value!r}, allowed is {allowed}"
                + _further_rows(batch[column], rows[1:], first)
            )

    def _leave_out(
        self, refusals: Refusals, wrong: NDArray[np.bool_], batch: pa.RecordBatch, column: str, first: int,
        allowed: str,
    ) -> None:  # fmt: skip
        if wrong.any():
            rows = np.flatnonzero(wrong)
            self._refused |= wrong
            values = ((row, batch[column][row].as_py()) for row in rows[:SHOWN].tolist())
            shown = [f"row {first + row} {value!r}" for row, value in values]
            refusals.note(f"{self.table.path.name}, column {column}: allowed is {allowed}", shown, len(rows))


def _further_rows(array: pa.Array, rows: NDArray[np.intp], first: int) -> str:
    """Return the next rows that are wrong too, as the end of an error."""
    if not len(rows):
        return ""
    shown = ", ".join(f"row {first + row} {array[int(row)].as_py()!r}" for row in rows[:_SHOWN_ROWS])
    return f"; {len(rows):,} more in this part of the file: {shown}"


def _meanings(label: LabelColumn) -> dict[str, int]:
    named = {FRAUD: label.fraud, GENUINE: label.genuine, UNKNOWN: label.unknown}
    return {text_of(value): meaning for meaning, values in named.items() for value in values}
