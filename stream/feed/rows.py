"""Write rows of a table as the JSON records that `flagfive.toml` describes."""

import json
from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.byte_strings import ByteStrings
from features.compiling import short_kernel
from features.schema import TransactionSchema
from stream.wire.json_kernels import MOST_BYTES_PER_BYTE, put_bytes, put_string

_QUOTES_AND_SEPARATOR: Final = 4


class RowEncoder:
    """Writes transactions as JSON objects, one kernel pass per batch.

    Args:
        schema: names the JSON fields and the unit of time.
    """

    def __init__(self, schema: TransactionSchema) -> None:
        self._schema = schema

    def encode(self, columns: Mapping[str, pa.Array]) -> tuple[ByteStrings, ByteStrings]:
        """Return keys and values of n records.

        Args:
            columns: arrays by JSON field. The time field holds Arrow timestamps; numbers stay numbers, and
                everything else becomes text.
        """
        tokens, quoted = zip(*(self._tokens(field, array) for field, array in columns.items()), strict=True)
        names = [f"{'{' if i == 0 else ','}{json.dumps(name)}:".encode() for i, name in enumerate(columns)]
        key_field = list(columns).index(self._schema.primary.field)
        return tokens[key_field], _join(ByteStrings.from_list(names), tokens, np.array(quoted))

    def _tokens(self, field: str, array: pa.Array) -> tuple[ByteStrings, bool]:
        """Return the texts of a column, and whether they are JSON strings."""
        if pa.types.is_timestamp(array.type):
            return self._time(array)
        is_entity = any(entity.field == field for entity in self._schema.entities)
        as_number = _is_number(array.type) and not is_entity and field != self._schema.id
        return ByteStrings.from_arrow(pc.cast(array, pa.large_string())), not as_number

    def _time(self, array: pa.Array) -> tuple[ByteStrings, bool]:
        if self._schema.time_unit == "iso8601":
            return ByteStrings.from_arrow(
                pc.cast(pc.strftime(array, "%Y-%m-%dT%H:%M:%SZ"), pa.large_string())
            ), True
        unit = self._schema.time_unit
        ticks = pc.cast(pc.cast(array, pa.timestamp(unit), safe=False), pa.int64())
        return ByteStrings.from_arrow(pc.cast(ticks, pa.large_string())), False


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _join(names: ByteStrings, tokens: tuple[ByteStrings, ...], quoted: NDArray[np.bool_]) -> ByteStrings:
    parts = [column.gather() for column in tokens]
    shift = np.cumsum([0, *(len(part.buffer) for part in parts[:-1])])
    start = np.stack([np.where(p.start < 0, -1, p.start + s) for p, s in zip(parts, shift, strict=True)])
    end = np.stack([p.end + s for p, s in zip(parts, shift, strict=True)])
    texts = np.concatenate([part.buffer for part in parts])
    n = start.shape[1]
    room = MOST_BYTES_PER_BYTE * len(texts) + n * (names.nbytes + len(parts) * _QUOTES_AND_SEPARATOR + 1)
    out = np.empty(room, np.uint8)
    stop = np.empty(n, np.int64)
    _write_rows(out, stop, names.buffer, names.start, names.end, texts, start, end, quoted)
    return ByteStrings.in_a_row(out, stop)


@short_kernel
def _write_rows(
    out: NDArray[np.uint8],
    stop: NDArray[np.int64],
    names: NDArray[np.uint8],
    name_start: NDArray[np.int64],
    name_end: NDArray[np.int64],
    texts: NDArray[np.uint8],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    quoted: NDArray[np.bool_],
) -> None:
    """Write records; a null stays null, since the receiver decides whether the field may be missing."""
    at = 0
    for i in range(start.shape[1]):
        for f in range(start.shape[0]):
            at = put_bytes(out, at, names[name_start[f] : name_end[f]])
            if start[f, i] < 0:
                at = put_bytes(out, at, _NULL)
            elif quoted[f]:
                at = put_string(out, at, texts, start[f, i], end[f, i])
            else:
                at = put_bytes(out, at, texts[start[f, i] : end[f, i]])
        out[at] = ord("}")
        at += 1
        stop[i] = at


_NULL: Final = np.frombuffer(b"null", np.uint8)
