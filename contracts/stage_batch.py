"""The internal topics between stages: Arrow batches of transactions, and notices of complete batches.

An Arrow message holds its schema (about 1 KB), so a message of a worker with another configuration is refused
instead of misread. Source of the format: Apache Arrow columnar format, "IPC streaming format".
"""

import struct
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

VERSION = 3
ENTITY = "entity:"
"""Prefix of the columns that hold keys of entities, one column for each kind."""
NOTICE_KEY: Final = b"span"
"""Record key of a notice, unchanged since version 1; batches have no key."""

# Made once: without options pyarrow asks the environment for them at each message.
_WRITE_OPTIONS = pa.ipc.IpcWriteOptions()
_RENAMED = {"span_end": "batch_end"}  # version 1 to version 2
LINKS: Final = "links"
"""Column of the links, from version 3 on: different partners of each entity."""
FRAUDS: Final = "frauds"
"""Column of confirmed frauds of each entity in scored batches, from version 3 on."""
_SINCE_3 = (LINKS, FRAUDS)
# Numbers of fields in Arrow's Message.fbs: of `header` in Message, of `compression` in RecordBatch.
_HEADER, _COMPRESSION = 2, 3


LOST_KEY: Final = b"lost"
"""Record key of `LostRows`."""
EVERY_BATCH: Final = -1


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


class LostRows(msgspec.Struct, frozen=True, array_like=True):
    """Transactions that a later stage will never send back, so that no one waits for them.

    Attributes:
        batch_end: end of their batch; `EVERY_BATCH` for an unknown number from all batches before.
        rows: their number.
    """

    batch_end: int
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
            (LINKS, pa.list_(pa.float32(), len(entities))),
        ]
    )


def entities_of(schema: pa.Schema) -> list[str]:
    """Return the kinds of entities whose keys a batch of this schema holds, in order."""
    return [name.removeprefix(ENTITY) for name in schema.names if name.startswith(ENTITY)]


def no_rows(schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch without rows, without the import of pandas that an empty list costs in Arrow."""
    return pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)


def to_message(arrow: pa.RecordBatch) -> pa.Buffer:
    """Return an Arrow IPC stream with one record batch."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, arrow.schema, options=_WRITE_OPTIONS) as writer:
        writer.write_batch(arrow)
    return sink.getvalue()


class BatchFormat:
    """Reads Arrow messages with known columns, of this version or of the two before, which have no links.

    The encoded schema at the front of a message must be one of three known byte strings. Arrow never parses
    another one: a forged schema can end the process (an uncaught `std::bad_alloc`, found by fuzzing).

    Args:
        schema: the columns of every batch.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        new_to_old = {new: old for old, new in _RENAMED.items()}
        second = pa.schema([field for field in schema if field.name not in _SINCE_3])
        first = pa.schema([field.with_name(new_to_old.get(field.name, field.name)) for field in second])
        self._known = [
            (form.serialize().to_pybytes(), columns)
            for form, columns in ((schema, schema), (second, second), (first, second))
        ]

    def read(self, message: bytes | memoryview) -> pa.RecordBatch:
        """Return the batch of a message that `to_message` wrote.

        Every offset and length is validated before anything reads the rows: kernels check no bounds.
        Validation adds 0.02 to 0.04 ms to a message, for 20 transactions as for 1,000.

        Raises:
            ForeignBatch: the message is not an Arrow batch, has other columns, is compressed, or has an
                offset outside its data.
        """
        whole = memoryview(message)
        head, schema = next((one for one in self._known if whole[: len(one[0])] == one[0]), (None, None))
        if head is None:
            raise ForeignBatch(f"no batch with the columns {self.schema.names}")
        try:
            return self._with_links(_read(whole[len(head) :], schema))
        except (pa.ArrowException, OSError, EOFError, StopIteration, struct.error) as error:
            raise ForeignBatch(f"not readable as a batch of transactions: {error}") from error

    def _with_links(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with links; those of a message of an earlier version are unknown."""
        if batch.schema == self.schema:
            return batch
        columns = [
            batch[field.name]
            if field.name in batch.schema.names
            else features_array(np.full((batch.num_rows, field.type.list_size), np.nan, np.float32))
            for field in self.schema
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


def _read(body: memoryview, schema: pa.Schema) -> pa.RecordBatch:
    message = pa.ipc.MessageReader.open_stream(body).read_next_message()
    if message.type != "record batch" or _is_compressed(message.metadata):
        raise ForeignBatch("not one plain record batch")  # decompression could fill the memory
    batch = pa.ipc.read_record_batch(message, schema)
    batch.validate(full=True)
    return batch


def from_message(message: bytes | memoryview) -> pa.RecordBatch:
    """Read a batch of any columns from a trusted writer; `BatchFormat` also stands hostile ones.

    Raises:
        ForeignBatch: the message is not an Arrow batch.
    """
    try:
        batch = pa.ipc.open_stream(message).read_next_batch()
        batch.validate(full=True)
    except (pa.ArrowException, OSError, EOFError, StopIteration) as error:
        raise ForeignBatch(f"not readable as a batch of transactions: {error}") from error
    return batch.rename_columns([_RENAMED.get(name, name) for name in batch.schema.names])


def _is_compressed(metadata: pa.Buffer) -> bool:
    """Return whether the buffers of a record batch are compressed; Arrow has verified the flatbuffer."""
    message = struct.unpack_from("<I", metadata)[0]
    at = message + _place_in_table(metadata, message, _HEADER)
    batch = at + struct.unpack_from("<I", metadata, at)[0]
    return _place_in_table(metadata, batch, _COMPRESSION) != 0


def _place_in_table(metadata: pa.Buffer, table: int, field: int) -> int:
    """Return where a field of a flatbuffer's table begins, from the table's start; 0 where it is absent."""
    fields = table - struct.unpack_from("<i", metadata, table)[0]
    place = 4 + 2 * field
    if place >= struct.unpack_from("<H", metadata, fields)[0]:
        return 0
    found: int = struct.unpack_from("<H", metadata, fields + place)[0]
    return found


def features_array(features: NDArray[np.float32]) -> pa.FixedSizeListArray:
    """Return a float32 matrix (n, d) as n lists of d."""
    flat = pa.array(np.ascontiguousarray(features).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, features.shape[1])


def features_matrix(array: pa.FixedSizeListArray) -> NDArray[np.float32]:
    """Return n lists of d as a float32 matrix (n, d); a copy, which stages may write to."""
    width = array.type.list_size
    matrix: NDArray[np.float32] = array.flatten().to_numpy().reshape(-1, width).copy()
    return matrix
