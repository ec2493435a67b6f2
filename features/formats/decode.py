"""Decode records in Confluent's wire format into the columns that JSON gives."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from features.byte_strings import NULL, ByteStrings
from features.columns import Columns
from features.decode import Decoder, JsonSlowly
from features.decode_slowly import Record, Seconds, record_of
from features.find_values import FieldNames, find_values
from features.formats.envelope import HEADER_BYTES, NO_SCHEMA, by_frequency, schema_numbers
from features.formats.faults import WORDS
from features.formats.operations import JSON, REFUSED
from features.formats.schemas import Schemas
from features.formats.walk import walk
from features.formats.walk_state import TEXT_PER_BYTE, TEXT_PER_FIELD
from features.read_values import AMOUNT, TIME
from features.reading import MAX_RECORD_BYTES, Floats, FoundBatch, Reading
from features.rejects import Rejected, RejectReason, Rejects
from features.schema import TransactionSchema

_UNITS = (1e3, 1e6, 1e9, np.nan)  # per second, as `operations` numbers them behind the mapped unit
_QUOTE, _LIST = b'"', b"["


class WireDecoder:
    """Decodes records in the wire format, and JSON records between them, a batch at a time.

    A record that does not begin with a zero byte is read as JSON. So the decision API and `produce`, which
    write JSON, work on the same topic.

    Args:
        schema: the mapping; dots lead into nested records.

    Attributes:
        schemas: the known schemas. Records of others are rejected.
    """

    def __init__(self, schema: TransactionSchema) -> None:
        self._reading = Reading(schema)
        self._names = FieldNames.of(self._reading.fields)
        self._json = Decoder(schema)
        self._units = np.array([self._reading.per_second, *_UNITS])
        self.schemas = Schemas(self._reading.fields)

    def unknown(self, values: ByteStrings) -> list[int]:
        """Return the ids of the schemas that `decode` would miss, those of most records first."""
        return [one for one in by_frequency(schema_numbers(values)) if not self.schemas.knows(one)]

    def decode(self, values: ByteStrings, arrival: Floats) -> tuple[Columns, Rejects]:
        """Decode n records that arrived at `arrival`, float64 (n,) seconds since 1970.

        Every record becomes a row of the columns or a reject.
        """
        numbers = schema_numbers(values)
        if not (numbers != NO_SCHEMA).any():
            return self._json.decode(values, arrival)
        entry = self._entries(values, numbers)
        batch, faults = self._walked(values, arrival, entry)
        self._find_in_json(batch, np.flatnonzero(entry == JSON))
        batch.well_formed = batch.usual | (entry >= 0) & (faults == 0)
        return self._reading.read(batch, _WireSlowly(self, values, batch, numbers, entry, faults))

    @property
    def reading(self) -> Reading:
        """What reads the fields."""
        return self._reading

    def _entries(self, values: ByteStrings, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return where the walk of each record begins."""
        if (numbers == numbers[0]).all():
            entry = np.repeat(self.schemas.entries(numbers[:1]), len(numbers))
        else:
            different, which = np.unique(numbers, return_inverse=True)
            entry = self.schemas.entries(different)[which]
        entry[numbers == NO_SCHEMA] = JSON
        entry[(values.start == NULL) | (values.length > MAX_RECORD_BYTES)] = REFUSED
        return entry

    def _walked(
        self, values: ByteStrings, arrival: Floats, entry: npt.NDArray[np.int64]
    ) -> tuple[FoundBatch, npt.NDArray[np.int64]]:
        n, fields, code = len(values), len(self._reading.fields), self.schemas.code
        header = np.where(schema_numbers(values) != NO_SCHEMA, HEADER_BYTES, 0)
        start, end = values.start + header, values.end
        read = entry != REFUSED
        room = TEXT_PER_BYTE * int((end - start)[read].sum()) + n * (TEXT_PER_FIELD * fields + 1)
        text = np.empty(room, np.uint8)
        text_start, text_end, faults = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
        batch = FoundBatch(ByteStrings(text, text_start, text_end), arrival, fields)
        walk(
            values.buffer, start, end, entry, code.operations, code.places, code.symbols, self._units, text,
            text_start, text_end, batch.found, batch.usual.view(np.uint8)[:, None], batch.time[:, None],
            batch.amount[:, None], faults,
        )  # fmt: skip
        return batch, faults

    def _find_in_json(self, batch: FoundBatch, rows: npt.NDArray[np.int64]) -> None:
        if not len(rows):
            return
        names, texts = self._names, batch.texts.take(rows)
        found, usual = batch.found[rows], batch.usual[rows]
        find_values(
            texts.buffer, texts.start, texts.end, names.words, names.masks, names.width, found, usual
        )  # fmt: skip
        batch.found[rows], batch.usual[rows] = found, usual


class _WireSlowly:
    """Reads what the walk found with a full parser, one record at a time."""

    def __init__(
        self,
        decoder: WireDecoder,
        values: ByteStrings,
        batch: FoundBatch,
        numbers: npt.NDArray[np.int64],
        entry: npt.NDArray[np.int64],
        faults: npt.NDArray[np.int64],
    ) -> None:
        self._decoder = decoder
        self._batch = batch
        self._numbers, self._entry, self._faults = numbers, entry, faults
        self._found = batch.found.copy()  # reading shrinks texts to what is within quotes
        self._length = values.length
        schema = decoder.reading.schema
        behind_header = np.where(numbers != NO_SCHEMA, values.start + HEADER_BYTES, values.start)
        bodies = ByteStrings(values.buffer, behind_header, values.end)
        self._json = JsonSlowly(schema, bodies, batch.arrival)
        self._time, self._amount = batch.time.copy(), batch.amount.copy()

    def read(self, row: int) -> Record:
        number = int(self._numbers[row])
        if self._length[row] > MAX_RECORD_BYTES:
            raise Rejected(RejectReason.TOO_LARGE, f"more than {MAX_RECORD_BYTES} bytes")
        if self._entry[row] == JSON or number == NO_SCHEMA:
            return self._json.read(row)
        if self._entry[row] == REFUSED:
            raise Rejected(RejectReason.SCHEMA, self._decoder.schemas.why_refused(number))
        if self._faults[row]:
            raise Rejected(RejectReason.SYNTAX, WORDS[int(self._faults[row])])
        reading = self._decoder.reading
        fields = {name: self._value(row, k) for k, name in enumerate(reading.fields) if name is not None}
        return record_of(reading.schema, fields, float(self._batch.arrival[row]))

    def withhold(self, row: int) -> bool:
        """Withhold all records in the wire format: numbers in them are not readable as digits."""
        return self._numbers[row] != NO_SCHEMA or self._json.withhold(row)

    def _value(self, row: int, field: int) -> Any:
        start, end = self._found[row, field].tolist()
        if field == TIME and not np.isnan(self._time[row]):
            return Seconds(self._time[row])
        if field == AMOUNT and not np.isnan(self._amount[row]):
            return float(self._amount[row])
        if start == NULL:
            return None
        text = self._batch.texts.buffer[start:end].tobytes()
        if text.startswith(_QUOTE):
            try:
                return text[1:-1].decode()
            except UnicodeDecodeError:
                raise Rejected(RejectReason.SYNTAX, "text that is not UTF-8") from None
        if text.startswith(_LIST):
            return []
        return float("nan") if text == b"NaN" else msgspec.json.decode(text)
