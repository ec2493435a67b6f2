"""The rows that travel between Spark's tasks: the facts of a transaction, and its features so far."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.byte_strings import ByteStrings
from features.columns import NO_CURRENCY, Columns
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from replay.feature_table import ENTITY, facts_of, facts_schema
from replay.reading import Part
from storage.history.columns import FEATURES, features_column, features_of

Floats = NDArray[np.float64]
Matrix = NDArray[np.float32]

_DDL = {
    pa.bool_(): "boolean",
    pa.int8(): "byte",
    pa.int32(): "int",
    pa.int64(): "long",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.string(): "string",
    pa.binary(): "binary",
}


def travelling_schema(schema: TransactionSchema) -> pa.Schema:
    """Return the facts, what only folding needs, and the features in one binary value, as they are stored.

    `newest` is the newest event time of the whole history up to the row.
    """
    needed = [
        ("category", pa.int32()),
        ("channel", pa.int8()),
        ("newest", pa.float64()),
        (FEATURES, pa.binary()),
    ]
    return pa.schema([*facts_schema(schema), *(pa.field(*one) for one in needed)])


def in_ddl(schema: pa.Schema) -> str:
    """Return a schema as Spark writes it.

    >>> in_ddl(pa.schema([("row", pa.int64()), ("amount", pa.float64())]))
    '`row` long, `amount` double'
    """
    return ", ".join(f"`{field.name}` {_DDL[field.type]}" for field in schema)


def travelling(part: Part, families: list[str], newest: Floats, schema: TransactionSchema) -> pa.RecordBatch:
    """Return rows as they were read, with no features yet."""
    c, none = part.columns, features_column(np.empty((len(part), 0), np.float32))
    needed = [pa.array(c.category), pa.array(c.channel), pa.array(newest), none]
    return pa.RecordBatch.from_arrays([*facts_of(part, families), *needed], schema=travelling_schema(schema))


def with_features(batch: pa.RecordBatch, X: Matrix, schema: TransactionSchema) -> pa.RecordBatch:
    """Return the same rows with these features, (n, d)."""
    return pa.RecordBatch.from_arrays(
        [*batch.columns[:-1], features_column(X)], schema=travelling_schema(schema)
    )


def columns_of(batch: pa.RecordBatch, schema: TransactionSchema) -> Columns:
    """Return the rows as transactions. No feature reads their currency."""
    n = batch.num_rows
    return Columns(
        row=np.arange(n, dtype=np.int32),
        id=ByteStrings.from_arrow(batch["transaction_id"]),
        time=batch["event_time"].to_numpy(),
        amount=batch["amount"].to_numpy(),
        currency=np.full(n, NO_CURRENCY, np.int32),
        category=batch["category"].to_numpy(),
        channel=batch["channel"].to_numpy(),
        keys=tuple(ByteStrings.from_arrow(batch[ENTITY + entity.name]) for entity in schema.entities),
    )


def features_so_far(batch: pa.RecordBatch, layout: FeatureLayout, position: int) -> Matrix:
    """Return room for all features, filled with those that were computed before entity `position`."""
    X = layout.empty(batch.num_rows)
    done = layout.entities[position].start if position else 0
    X[:, :done] = features_of(batch[FEATURES], done)
    return X
