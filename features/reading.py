"""Read the fields that were found in a batch of records: the same for every format of records."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from features.byte_strings import NULL, ByteStrings
from features.card_numbers import has_card_number, rows_with_card_numbers
from features.columns import Columns
from features.decode_slowly import UNITS_PER_SECOND, Record
from features.read_values import AMOUNT, FIRST_KEY, ID, TIME, read_values
from features.rejects import Rejected, RejectReason, Rejects
from features.schema import TransactionSchema

MAX_RECORD_BYTES = 1 << 20

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class Slowly(Protocol):
    """Reads the records that the kernels leave over, one at a time."""

    def read(self, row: int) -> Record:
        """Return the record of a row. Raises Rejected."""

    def withhold(self, row: int) -> bool:
        """Whether the bytes of a rejected record may hold a card number."""


class FoundBatch:
    """The n records of one batch while they are decoded.

    Args:
        texts: the records as text; one of a length of zero or a null holds nothing.
        arrival: float64 (n,), seconds since 1970.
        fields: number of mapped fields, f.

    Attributes:
        found: int64 (n, f, 2), where each value stands in the text; -1 where absent.
        usual: bool (n,), whether the kernels can read the record.
        well_formed: bool (n,), whether the record holds values at all.
        time: float64 (n,), NaN where it is to be read from the text, otherwise seconds since 1970.
        amount: float64 (n,), NaN where it is to be read from the text.
    """

    def __init__(self, texts: ByteStrings, arrival: Floats, fields: int) -> None:
        n = len(texts)
        self.texts = texts
        self.arrival = np.ascontiguousarray(arrival, np.float64)
        self.found = np.empty((n, fields, 2), np.int64)
        self.usual = np.empty(n, np.bool_)
        self.well_formed = self.usual
        self.time = np.full(n, np.nan)
        self.amount = np.full(n, np.nan)
        self.codes = np.empty((n, 3), np.int32)
        self._unescaped = bytearray()

    def put(self, row: int, record: Record) -> None:
        """Store a record that the full parser has read."""
        self.time[row], self.amount[row] = record.time, record.amount
        self.codes[row] = record.currency, record.category, record.channel
        self._put_text(row, ID, record.id)
        for k, key in enumerate(record.keys):
            self._put_text(row, FIRST_KEY + k, key)
        self.usual[row] = True

    def _put_text(self, row: int, field: int, text: bytes) -> None:
        start = len(self.texts.buffer) + len(self._unescaped)
        self._unescaped += text
        self.found[row, field] = start, start + len(text)

    def columns(self) -> Columns:
        """Return the records that were decoded."""
        row = np.flatnonzero(self.usual).astype(np.int32)
        every = slice(None) if len(row) == len(self.usual) else row
        found, codes = self.found[every], np.ascontiguousarray(self.codes[every].T)
        buffer = self.texts.buffer
        if self._unescaped:
            buffer = np.concatenate([buffer, np.frombuffer(self._unescaped, np.uint8)])

        def text(field: int) -> ByteStrings:
            start, end = found[:, field].T
            return ByteStrings(buffer, np.ascontiguousarray(start), np.ascontiguousarray(end))

        keys = tuple(text(field) for field in range(FIRST_KEY, found.shape[1]))
        channel = codes[2].astype(np.int8)
        return Columns(row, text(ID), self.time[every], self.amount[every], codes[0], codes[1], channel, keys)


class Reading:
    """Reads the fields of a schema."""

    def __init__(self, schema: TransactionSchema) -> None:
        self.schema = schema
        self.fields = [
            schema.id,
            schema.time,
            schema.amount,
            schema.currency,
            schema.category,
            schema.channel,
        ]
        self.fields += [entity.field for entity in schema.entities]
        self.per_second = UNITS_PER_SECOND[schema.time_unit]
        self._exempt = [AMOUNT] + [TIME] * (schema.time_unit != "iso8601")
        self._exempt += [self.fields.index(name) for name in schema.digits_allowed_in]

    def read(self, batch: FoundBatch, slowly: Slowly) -> tuple[Columns, Rejects]:
        """Read what was found; every record becomes a row of the columns or a reject."""
        well_formed = batch.well_formed.copy()
        suspect = self._suspects(batch)
        self._read_usual(batch)
        batch.usual &= ~suspect
        rejects = self._read_unusual(batch, suspect & well_formed, slowly)
        return batch.columns(), rejects

    def _suspects(self, batch: FoundBatch) -> Mask:
        """Return which records may hold a card number outside the fields that may hold one."""
        suspect = np.empty(len(batch.texts), np.bool_)
        exempt = np.ascontiguousarray(batch.found[:, self._exempt])
        start = np.where(batch.texts.length > MAX_RECORD_BYTES, NULL, batch.texts.start)
        rows_with_card_numbers(
            batch.texts.buffer, start, batch.texts.end, exempt, batch.arrival, suspect
        )  # fmt: skip
        return suspect

    def _read_usual(self, batch: FoundBatch) -> None:
        schema = self.schema
        latest = np.minimum(batch.arrival + schema.max_ahead_s, schema.latest)
        read_values(
            batch.texts.buffer, batch.found, batch.usual, self.per_second, schema.earliest, latest,
            batch.time, batch.amount, batch.codes,
        )  # fmt: skip

    def _read_unusual(self, batch: FoundBatch, suspect: Mask, slowly: Slowly) -> Rejects:
        rows, reasons, details, withheld = [], [], [], []
        for row in np.flatnonzero(~batch.usual).tolist():
            try:
                batch.put(
                    row, _checked(slowly.read(row), float(batch.arrival[row]), suspect=bool(suspect[row]))
                )
            except Rejected as rejected:
                rows.append(row)
                reasons.append(rejected.reason)
                details.append(rejected.detail)
                withheld.append(slowly.withhold(row))
        return Rejects(
            np.array(rows, np.int32), np.array(reasons, np.int8), tuple(details), np.array(withheld, np.bool_)
        )


def _checked(record: Record, arrival: float, *, suspect: bool) -> Record:
    if suspect or has_card_number(record.normal_text, arrival):
        raise Rejected(RejectReason.CARD_NUMBER, "digits that pass the check of a card number")
    return record
