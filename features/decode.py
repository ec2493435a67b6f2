"""Decode the records of a batch into columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.byte_strings import NULL, ByteStrings
from features.card_numbers import has_card_number, may_hold_card_number, rows_with_card_numbers
from features.columns import Columns
from features.decode_slowly import UNITS_PER_SECOND, Record, read_record
from features.find_values import FieldNames, find_values
from features.read_values import AMOUNT, FIRST_KEY, ID, TIME, read_values
from features.rejects import Rejected, RejectReason, Rejects
from features.schema import TransactionSchema

MAX_RECORD_BYTES = 1 << 20

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class _Batch:
    """The n records of one batch while they are decoded."""

    def __init__(self, values: ByteStrings, arrival: Floats, fields: int) -> None:
        n = len(values)
        self.values = values
        self.arrival = np.ascontiguousarray(arrival, np.float64)
        self.start = np.where(values.length > MAX_RECORD_BYTES, NULL, values.start)
        self.found = np.empty((n, fields, 2), np.int64)
        self.usual = np.empty(n, np.bool_)
        self.time = np.empty(n, np.float64)
        self.amount = np.empty(n, np.float64)
        self.codes = np.empty((n, 3), np.int32)
        self._unescaped = bytearray()

    def value(self, row: int) -> bytes | None:
        """Return the bytes of one record."""
        start, end = self.values.start[row], self.values.end[row]
        return self.values.buffer[start:end].tobytes() if start != NULL else None

    def put(self, row: int, record: Record) -> None:
        """Store a record that the full parser has read."""
        self.time[row], self.amount[row] = record.time, record.amount
        self.codes[row] = record.currency, record.category, record.channel
        self._put_text(row, ID, record.id)
        for k, key in enumerate(record.keys):
            self._put_text(row, FIRST_KEY + k, key)
        self.usual[row] = True

    def _put_text(self, row: int, field: int, text: bytes) -> None:
        start = len(self.values.buffer) + len(self._unescaped)
        self._unescaped += text
        self.found[row, field] = start, start + len(text)

    def columns(self) -> Columns:
        """Return the records that were decoded."""
        row = np.flatnonzero(self.usual).astype(np.int32)
        every = slice(None) if len(row) == len(self.usual) else row
        found, codes = self.found[every], np.ascontiguousarray(self.codes[every].T)
        buffer = self.values.buffer
        if self._unescaped:
            buffer = np.concatenate([buffer, np.frombuffer(self._unescaped, np.uint8)])

        def text(field: int) -> ByteStrings:
            start, end = found[:, field].T
            return ByteStrings(buffer, np.ascontiguousarray(start), np.ascontiguousarray(end))

        keys = tuple(text(field) for field in range(FIRST_KEY, found.shape[1]))
        channel = codes[2].astype(np.int8)
        return Columns(row, text(ID), self.time[every], self.amount[every], codes[0], codes[1], channel, keys)


class Decoder:
    """Decodes JSON records of a schema, a batch at a time.

    >>> record = b'{"transaction_id":"t1","timestamp":1.7e9,"amount":9.5,"card_id":"c1","merchant_id":7}'
    >>> values, arrival = ByteStrings.from_list([record]), np.array([1.7e9])
    >>> columns, rejects = Decoder(TransactionSchema()).decode(values, arrival)
    >>> columns.keys[1].to_list(), len(rejects)
    ([b'7'], 0)
    """

    def __init__(self, schema: TransactionSchema) -> None:
        self._schema = schema
        fields = [schema.id, schema.time, schema.amount, schema.currency, schema.category, schema.channel]
        fields += [entity.field for entity in schema.entities]
        self._names = FieldNames.of(fields)
        self._exempt = [AMOUNT] + [TIME] * (schema.time_unit != "iso8601")
        self._exempt += [fields.index(name) for name in schema.digits_allowed_in]

    def decode(self, values: ByteStrings, arrival: Floats) -> tuple[Columns, Rejects]:
        """Decode n records that arrived at `arrival`, float64 (n,) seconds since 1970.

        Every record becomes a row of the columns or a reject. Strings of the columns share the buffer of
        `values`, except those that were written with escapes.
        """
        names = self._names
        batch = _Batch(values, arrival, fields=len(names.width))
        find_values(
            values.buffer, batch.start, values.end, names.words, names.masks, names.width,
            batch.found, batch.usual,
        )  # fmt: skip
        well_formed = batch.usual.copy()
        suspect = self._suspects(batch)
        self._read_usual(batch)
        batch.usual &= ~suspect
        rejects = self._read_unusual(batch, suspect & well_formed)
        return batch.columns(), rejects

    def _suspects(self, batch: _Batch) -> Mask:
        """Return which records may hold a card number outside the fields that may hold one."""
        suspect = np.empty(len(batch.values), np.bool_)
        exempt = np.ascontiguousarray(batch.found[:, self._exempt])
        rows_with_card_numbers(
            batch.values.buffer, batch.start, batch.values.end, exempt, batch.arrival, suspect
        )
        return suspect

    def _read_usual(self, batch: _Batch) -> None:
        schema = self._schema
        latest = np.minimum(batch.arrival + schema.max_ahead_s, schema.latest)
        per_second = UNITS_PER_SECOND[schema.time_unit]
        read_values(
            batch.values.buffer, batch.found, batch.usual, per_second, schema.earliest, latest,
            batch.time, batch.amount, batch.codes,
        )  # fmt: skip

    def _read_unusual(self, batch: _Batch, suspect: Mask) -> Rejects:
        rows, reasons, details, withheld = [], [], [], []
        for row in np.flatnonzero(~batch.usual).tolist():
            arrival = float(batch.arrival[row])
            value = batch.value(row)
            try:
                batch.put(row, self._read_slowly(value, arrival, suspect=bool(suspect[row])))
            except Rejected as rejected:
                rows.append(row)
                reasons.append(rejected.reason)
                details.append(rejected.detail)
                withheld.append(value is not None and may_hold_card_number(value, arrival))
        return Rejects(
            np.array(rows, np.int32), np.array(reasons, np.int8), tuple(details), np.array(withheld, np.bool_)
        )

    def _read_slowly(self, value: bytes | None, arrival: float, *, suspect: bool) -> Record:
        if value is None:
            raise Rejected(RejectReason.SYNTAX, "no value")
        if len(value) > MAX_RECORD_BYTES:
            raise Rejected(RejectReason.TOO_LARGE, f"more than {MAX_RECORD_BYTES} bytes")
        record = read_record(self._schema, value, arrival)
        if suspect or has_card_number(record.normal_text, arrival):
            raise Rejected(RejectReason.CARD_NUMBER, "digits that pass the check of a card number")
        return record
