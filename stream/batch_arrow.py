"""Batches as Arrow IPC messages: what travels between hops and to the recorder.

A message is self-describing (it carries its schema, about 1 KB), so a worker of another configuration is
noticed instead of misread. Source of the format: Apache Arrow columnar format, «IPC streaming format».
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.columns import Columns
from features.spans import ByteSpans
from stream.batch import Batch

# Made once: without options pyarrow asks the environment for them at each message.
_WRITE_OPTIONS = pa.ipc.IpcWriteOptions()


class ForeignBatch(Exception):
    """The message was written under another configuration of entities or features."""


def batch_schema(entities: Sequence[str], width: int) -> pa.Schema:
    """Columns of a batch: `width` features, one column `entity:<name>` for the keys of each entity."""
    return pa.schema(
        [
            ("source_partition", pa.int32()),
            ("source_offset", pa.int64()),
            ("span_end", pa.int64()),
            ("arrival", pa.float64()),
            ("id", pa.binary()),
            ("event_time", pa.float64()),
            ("amount", pa.float64()),
            ("currency", pa.int32()),
            ("category", pa.int32()),
            ("channel", pa.int8()),
            *((f"entity:{name}", pa.binary()) for name in entities),
            ("features", pa.list_(pa.float32(), width)),
        ]
    )


def to_record_batch(batch: Batch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch as Arrow columns; numbers are not copied."""
    columns = batch.columns
    return pa.RecordBatch.from_arrays(
        [
            pa.array(batch.source_partition),
            pa.array(batch.source_offset),
            pa.array(batch.span_end),
            pa.array(batch.arrival),
            columns.id.to_arrow(),
            pa.array(columns.time),
            pa.array(columns.amount),
            pa.array(columns.currency),
            pa.array(columns.category),
            pa.array(columns.channel),
            *(keys.to_arrow() for keys in columns.keys),
            features_array(batch.features),
        ],
        schema=schema,
    )


def from_record_batch(arrow: pa.RecordBatch, schema: pa.Schema) -> Batch:
    """Read what `to_record_batch` wrote.

    Raises:
        ForeignBatch: other columns than `schema` names.
    """
    if arrow.schema != schema:
        raise ForeignBatch(f"columns {arrow.schema.names}, expected {schema.names} with their types")
    entities = [name for name in schema.names if name.startswith("entity:")]
    columns = Columns(
        row=np.arange(arrow.num_rows, dtype=np.int32),
        id=ByteSpans.from_arrow(arrow["id"]),
        time=arrow["event_time"].to_numpy(),
        amount=arrow["amount"].to_numpy(),
        currency=arrow["currency"].to_numpy(),
        category=arrow["category"].to_numpy(),
        channel=arrow["channel"].to_numpy(),
        keys=tuple(ByteSpans.from_arrow(arrow[name]) for name in entities),
    )
    return Batch(
        columns,
        arrow["source_partition"].to_numpy(),
        arrow["source_offset"].to_numpy(),
        arrow["span_end"].to_numpy(),
        arrow["arrival"].to_numpy(),
        features_matrix(arrow["features"]),
    )


def to_message(arrow: pa.RecordBatch) -> pa.Buffer:
    """One Arrow IPC stream with just one record batch."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, arrow.schema, options=_WRITE_OPTIONS) as writer:
        writer.write_batch(arrow)
    return sink.getvalue()


def from_messages(messages: ByteSpans, schema: pa.Schema) -> tuple[pa.RecordBatch, list[int]]:
    """The rows of all messages, in order, as one record batch; and how many came from each message.

    Raises:
        ForeignBatch: a message cannot be read, or has other columns than `schema`.
    """
    whole = memoryview(messages.buffer.data)
    pairs = zip(messages.start.tolist(), messages.end.tolist(), strict=True)
    try:
        parts = [pa.ipc.open_stream(whole[start:end]).read_next_batch() for start, end in pairs]
        rows = pa.concat_batches(parts) if parts else pa.RecordBatch.from_pylist([], schema=schema)
    except pa.ArrowInvalid as error:
        raise ForeignBatch(f"not readable as a batch of transactions: {error}") from error
    return rows, [part.num_rows for part in parts]


def features_array(features: NDArray[np.float32]) -> pa.FixedSizeListArray:
    """A float32 matrix (n, d) as n lists of d."""
    flat = pa.array(np.ascontiguousarray(features).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, features.shape[1])


def features_matrix(array: pa.FixedSizeListArray) -> NDArray[np.float32]:
    """The inverse of `features_array`; a copy, so that hops can fill in their columns."""
    width = array.type.list_size
    matrix: NDArray[np.float32] = array.flatten().to_numpy().reshape(-1, width).copy()
    return matrix
