"""Columns of the history store: those of `scored_transactions`, a column for each entity, and the day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

ENTITY: Final = "entity_"
"""Prefix of the columns that hold keys of entities."""
FEATURES: Final = "features"
LINKS: Final = "links"
DAY: Final = "day"
"""Day of the event time, UTC; it partitions the table."""
DAY_S: Final = 86_400.0
_FIXED: Final = pa.schema(
    [
        ("source_partition", pa.int32()),
        ("source_offset", pa.int64()),
        ("transaction_id", pa.string()),
        ("event_time", pa.float64()),
        ("arrival", pa.float64()),
        ("amount", pa.float64()),
        ("currency", pa.string()),
        ("category", pa.int32()),
        (FEATURES, pa.binary()),
        (LINKS, pa.binary()),
        ("surprise", pa.float64()),
        ("tail", pa.float64()),
        ("decision", pa.int32()),
        ("winner", pa.int32()),
        ("winner_id", pa.string()),
        ("control_offset", pa.int64()),
        ("scored_at", pa.float64()),
        (DAY, pa.date32()),
    ]
)
"""`features` and `links` are float32, little endian, in one value: a row is read without copying, and files
may hold other numbers of features."""


def history_schema(kinds: Sequence[str]) -> pa.Schema:
    """Return the columns for these kinds of entities."""
    return pa.schema([*_FIXED, *(pa.field(ENTITY + kind, pa.string()) for kind in kinds)])


def kinds_in(names: Sequence[str]) -> list[str]:
    """Return the kinds of entities that columns of these names hold keys of."""
    return [name.removeprefix(ENTITY) for name in names if name.startswith(ENTITY)]


def days_of(event_time: NDArray[np.float64]) -> pa.Array:
    """Return the days of event times, UTC.

    Args:
        event_time: seconds since 1970, (n,).

    Example:
        >>> days_of(np.array([0.0, 86_400.0]))[1].as_py().isoformat()
        '1970-01-02'
    """
    return pa.array(np.floor(event_time / DAY_S).astype(np.int32)).cast(pa.date32())


def features_column(features: NDArray[np.float32]) -> pa.Array:
    """Return a float32 matrix (n, d) as n binary values."""
    n, width = features.shape
    data = np.ascontiguousarray(features, "<f4")
    ends = np.arange(0, n * width * 4 + 1, width * 4) if width else np.zeros(n + 1)
    return pa.Array.from_buffers(
        pa.binary(), n, [None, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(data)]
    )


def features_of(column: pa.Array, width: int) -> NDArray[np.float32]:
    """Return binary values of d = `width` float32 each as a matrix (n, d), without a copy.

    Args:
        column: binary or large binary, all of `4 * width` bytes and none null.
        width: number of features.
    """
    _, ends, data = column.buffers()
    kind = np.int64 if pa.types.is_large_binary(column.type) else np.int32
    first = int(np.frombuffer(ends, kind, len(column) + 1, column.offset * np.dtype(kind).itemsize)[0])
    return np.frombuffer(data, "<f4", len(column) * width, first).reshape(len(column), width)
