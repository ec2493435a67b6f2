"""The table of features that `flagfive features` writes: a row for each transaction, in the file's order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.byte_strings import ByteStrings
from features.offline import Featuriser
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from replay.reading import Part, RowReader
from replay.truth import FRAUD, UNKNOWN

ENTITY = "entity_"  # begins the name of a column of keys


def facts_schema(schema: TransactionSchema) -> pa.Schema:
    """Return the columns that come before the features.

    `row` numbers the rows from 1. `fraud` is null where the label is not known, and `pattern` where no kind
    of fraud is named.
    """
    keys = [(ENTITY + entity.name, pa.string()) for entity in schema.entities]
    return pa.schema(
        [
            ("row", pa.int64()),
            ("transaction_id", pa.string()),
            ("event_time", pa.float64()),
            ("amount", pa.float64()),
            *keys,
            ("fraud", pa.bool_()),
            ("pattern", pa.string()),
        ]
    )


def table_schema(schema: TransactionSchema) -> pa.Schema:
    """Return all columns: the facts, and float32 for each feature."""
    features = [pa.field(name, pa.float32()) for name in FeatureLayout(schema).names]
    return pa.schema([*facts_schema(schema), *features])


def facts_of(part: Part, families: list[str]) -> list[pa.Array]:
    """Return the columns of `facts_schema` for the rows of a part."""
    c = part.columns
    named = pa.array(part.family, pa.int32(), mask=part.family < 0)
    return [
        pa.array(part.first + np.arange(len(part), dtype=np.int64)),
        text_column(c.id),
        pa.array(c.time),
        pa.array(c.amount),
        *(text_column(keys) for keys in c.keys),
        pa.array(part.label == FRAUD, mask=part.label == UNKNOWN),
        pa.array(families, pa.string()).take(named),
    ]


def text_column(strings: ByteStrings) -> pa.Array:
    """Return UTF-8 texts as an Arrow column."""
    return strings.to_arrow().cast(pa.string())


def feature_columns(X: NDArray[np.float32]) -> list[pa.Array]:
    """Return a column for each feature of a matrix (n, d)."""
    return [pa.array(column) for column in np.ascontiguousarray(X.T)]


def feature_batches(reader: RowReader) -> Iterator[pa.RecordBatch]:
    """Yield the table of a file, part by part, on this machine.

    Raises:
        BadRow: a value cannot be read.
        UnreadableTable: the file is broken.
    """
    featuriser, whole = Featuriser(reader.schema), table_schema(reader.schema)
    for part in reader.parts():
        columns = facts_of(part, reader.families) + feature_columns(featuriser.features(part.columns))
        yield pa.RecordBatch.from_arrays(columns, schema=whole)
