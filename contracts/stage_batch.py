"""The internal topics between stages: Arrow batches of transactions, and notices of complete batches.

An Arrow message holds its schema (about 1 KB), so a message of a worker with another configuration is refused
instead of misread. Source of the format: Apache Arrow columnar format, "IPC streaming format".
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

VERSION = 2
ENTITY = "entity:"
"""Prefix of the columns that hold keys of entities, one column for each kind."""
NOTICE_KEY: Final = b"span"
"""Record key of a notice, unchanged since version 1; batches have no key."""

# Made once: without options pyarrow asks the environment for them at each message.
_WRITE_OPTIONS = pa.ipc.IpcWriteOptions()
_RENAMED = {"span_end": "batch_end"}  # version 1 to version 2


class ForeignBatch(Exception):
    """The message was written under another configuration of entities or features."""


class BatchNotice(msgspec.Struct, frozen=True, array_like=True):
    """A batch of `transactions`, and the number of its transactions in the stages.

    Attributes:
        begin: first offset of the batch.
        end: offset after its last.
        rows: transactions decoded; the others are dead letters.
    """

    begin: int
    end: int
    rows: int
    version: int = VERSION


def stage_schema(entities: Sequence[str], width: int) -> pa.Schema:
    """Return the columns of a batch between stages.

    Args:
        entities: kinds of entities, in the order of the settings; each gets a column of keys.
        width: number of features.
    """
    return pa.schema(
        [
            ("source_partition", pa.int32()),
            ("source_offset", pa.int64()),
            ("batch_end", pa.int64()),
            ("arrival", pa.float64()),
            ("id", pa.binary()),
            ("event_time", pa.float64()),
            ("amount", pa.float64()),
            ("currency", pa.int32()),
            ("category", pa.int32()),
            ("channel", pa.int8()),
            *((f"{ENTITY}{name}", pa.binary()) for name in entities),
            ("features", pa.list_(pa.float32(), width)),
        ]
    )


def entities_of(schema: pa.Schema) -> list[str]:
    """Return the kinds of entities whose keys a batch of this schema holds, in order."""
    return [name.removeprefix(ENTITY) for name in schema.names if name.startswith(ENTITY)]


def to_message(arrow: pa.RecordBatch) -> pa.Buffer:
    """Return an Arrow IPC stream with one record batch."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, arrow.schema, options=_WRITE_OPTIONS) as writer:
        writer.write_batch(arrow)
    return sink.getvalue()


def from_message(message: pa.Buffer | bytes | memoryview) -> pa.RecordBatch:
    """Read what `to_message` wrote, of this version or the one before.

    Raises:
        ForeignBatch: the message is not an Arrow batch.
    """
    try:
        batch = pa.ipc.open_stream(message).read_next_batch()
    except (pa.ArrowInvalid, StopIteration, OSError) as error:
        raise ForeignBatch(f"not readable as a batch of transactions: {error}") from error
    names = batch.schema.names
    if _RENAMED.keys().isdisjoint(names):
        return batch
    return batch.rename_columns([_RENAMED.get(name, name) for name in names])


def features_array(features: NDArray[np.float32]) -> pa.FixedSizeListArray:
    """Return a float32 matrix (n, d) as n lists of d."""
    flat = pa.array(np.ascontiguousarray(features).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, features.shape[1])


def features_matrix(array: pa.FixedSizeListArray) -> NDArray[np.float32]:
    """Return n lists of d as a float32 matrix (n, d); a copy, which stages may write to."""
    width = array.type.list_size
    matrix: NDArray[np.float32] = array.flatten().to_numpy().reshape(-1, width).copy()
    return matrix
