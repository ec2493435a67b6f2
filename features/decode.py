"""Decode the JSON records of a batch into columns."""

from __future__ import annotations

import numpy as np

from features.byte_strings import NULL, ByteStrings
from features.card_numbers import may_hold_card_number
from features.columns import Columns
from features.decode_slowly import Record, read_record
from features.find_values import FieldNames, find_values
from features.reading import MAX_RECORD_BYTES, Floats, FoundBatch, Reading
from features.rejects import Rejected, RejectReason, Rejects
from features.schema import TransactionSchema


class Decoder:
    """Decodes JSON records of a schema, a batch at a time.

    >>> record = b'{"transaction_id":"t1","timestamp":1.7e9,"amount":9.5,"card_id":"c1","merchant_id":7}'
    >>> values, arrival = ByteStrings.from_list([record]), np.array([1.7e9])
    >>> columns, rejects = Decoder(TransactionSchema()).decode(values, arrival)
    >>> columns.keys[1].to_list(), len(rejects)
    ([b'7'], 0)
    """

    def __init__(self, schema: TransactionSchema) -> None:
        self._reading = Reading(schema)
        self._names = FieldNames.of(self._reading.fields)

    def decode(self, values: ByteStrings, arrival: Floats) -> tuple[Columns, Rejects]:
        """Decode n records that arrived at `arrival`, float64 (n,) seconds since 1970.

        Every record becomes a row of the columns or a reject. Strings of the columns share the buffer of
        `values`, except those that were written with escapes.
        """
        names = self._names
        batch = FoundBatch(values, arrival, fields=len(names.width))
        start = np.where(values.length > MAX_RECORD_BYTES, NULL, values.start)
        find_values(
            values.buffer, start, values.end, names.words, names.masks, names.width,
            batch.found, batch.usual,
        )  # fmt: skip
        return self._reading.read(batch, JsonSlowly(self._reading.schema, values, batch.arrival))


class JsonSlowly:
    """Reads JSON records with a full parser, one at a time."""

    def __init__(self, schema: TransactionSchema, values: ByteStrings, arrival: Floats) -> None:
        self._schema = schema
        self._values = values
        self._arrival = arrival

    def read(self, row: int) -> Record:
        value = self._value(row)
        if value is None:
            raise Rejected(RejectReason.SYNTAX, "no value")
        if len(value) > MAX_RECORD_BYTES:
            raise Rejected(RejectReason.TOO_LARGE, f"more than {MAX_RECORD_BYTES} bytes")
        return read_record(self._schema, value, float(self._arrival[row]))

    def withhold(self, row: int) -> bool:
        value = self._value(row)
        return value is not None and may_hold_card_number(value, float(self._arrival[row]))

    def _value(self, row: int) -> bytes | None:
        start, end = self._values.start[row], self._values.end[row]
        return self._values.buffer[start:end].tobytes() if start != NULL else None
