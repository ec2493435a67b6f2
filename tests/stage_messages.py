"""Messages between stages, as a partition delivers them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from aiokafka import TopicPartition

from contracts.seal import Seal
from features.byte_strings import ByteStrings
from stream.stages.row_bounds import RowBounds
from stream.stages.stage_messages import StageMessages
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.reader import Records
from stream.wire.refused import Refused

RETURNED = TopicPartition("returned", 0)
BOUNDS = RowBounds(range(2), 946_684_800.0, 4_102_444_800.0)


def fetched(
    values: Sequence[bytes | None],
    keys: Sequence[bytes | None] | None = None,
    *,
    partition: TopicPartition = RETURNED,
    first: int = 0,
) -> FetchedBatch:
    """Return records with consecutive offsets from `first` on; without keys, unless given."""
    offsets = np.arange(first, first + len(values))
    named = ByteStrings.from_list(list(keys) if keys is not None else [None] * len(values))
    records = Records(offsets, offsets, named, ByteStrings.from_list(list(values)), first + len(values))
    return FetchedBatch(partition, first, records)


def read_messages(
    messages: Sequence[bytes | None], schema: pa.Schema, seal: Seal | None = None
) -> tuple[pa.RecordBatch, list[Refused]]:
    """Return the rows of the messages, and what was refused."""
    reader = StageMessages(schema, BOUNDS, seal or Seal())
    rows, _, refused = reader.read(fetched(messages), np.arange(len(messages)))
    return rows, refused
