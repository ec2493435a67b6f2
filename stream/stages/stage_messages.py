"""Read the messages between stages; refuse those that no stage of this pipeline has written.

Anyone who can write to an internal topic could otherwise stop its partition, on every worker that takes it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contracts.dead_letter import FOREIGN, FORGED
from contracts.seal import Forged, Seal
from contracts.stage_batch import (
    LINKS,
    LOST_KEY,
    NOTICE_KEY,
    BatchFormat,
    BatchNotice,
    ForeignBatch,
    LostRows,
    no_rows,
)
from stream.stages.batch_notice import read_notice
from stream.stages.loss_notices import read_lost_rows
from stream.stages.row_bounds import RowBounds
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.refused import Refused

Index = NDArray[np.int64]


class Notices(NamedTuple):
    """What a fetch brings besides batches; each notice with the offset of its record."""

    batches: list[tuple[int, BatchNotice]]
    lost: list[tuple[int, LostRows]]
    refused: list[Refused]


class StageMessages:
    """Reads the batches and notices of one input topic.

    Args:
        schema: the columns of a batch.
        bounds: what its rows may hold.
        seal: checks who wrote a message.
    """

    def __init__(self, schema: pa.Schema, bounds: RowBounds, seal: Seal) -> None:
        self.schema = schema
        self._format = BatchFormat(schema)
        self._nothing = no_rows(schema)
        self._bounds = bounds
        self._seal = seal

    def read(self, fetched: FetchedBatch, at: Index) -> tuple[pa.RecordBatch, Index, list[Refused]]:
        """Return the rows of the batches at `at`, in order, and the offset of each row's record.

        The rows are checked together; only if one is wrong is each message checked by itself. Rows that were
        handed over in memory are this process's own, and need no check.
        """
        handed = [fetched.contents[i] for i in at.tolist()] if fetched.contents else []
        if handed and all(isinstance(part, pa.RecordBatch) for part in handed):
            told_at = np.repeat(fetched.records.offset[at], [part.num_rows for part in handed])
            return self._together(handed), told_at, []
        parts, offsets, refused = self._readable(fetched, at)
        rows = self._together(parts)
        if self._bounds.column_out_of_range(rows) is not None:
            wrong = [self._bounds.column_out_of_range(part) for part in parts]
            refused += [
                _refused(offset, part.nbytes, FOREIGN, f"{column} is out of range")
                for part, offset, column in zip(parts, offsets, wrong, strict=True)
                if column is not None
            ]
            kept = [i for i, column in enumerate(wrong) if column is None]
            parts, offsets = [parts[i] for i in kept], [offsets[i] for i in kept]
            rows = self._together(parts)
        told_at = np.repeat(np.array(offsets, np.int64), [part.num_rows for part in parts])
        return rows, told_at, refused

    def read_notices(self, fetched: FetchedBatch, at: Index) -> Notices:
        """Return the notices at `at`, each with the offset of its record."""
        notices: list[tuple[int, BatchNotice]] = []
        lost: list[tuple[int, LostRows]] = []
        refused: list[Refused] = []
        keys = fetched.records.keys.take(at).to_list()
        for key, (offset, value) in zip(keys, _values(fetched, at), strict=True):
            try:
                payload = self._opened(fetched, value)
                if key == NOTICE_KEY:
                    notices.append((offset, read_notice(payload)))
                elif key == LOST_KEY:
                    lost.append((offset, read_lost_rows(payload)))
                else:
                    raise ForeignBatch("a record key that no stage writes")
            except (Forged, ForeignBatch) as error:
                refused.append(_refused_for(error, offset, len(value)))
        return Notices(notices, lost, refused)

    def _readable(
        self, fetched: FetchedBatch, at: Index
    ) -> tuple[list[pa.RecordBatch], list[int], list[Refused]]:
        parts: list[pa.RecordBatch] = []
        offsets: list[int] = []
        refused: list[Refused] = []
        for offset, value in _values(fetched, at):
            try:
                part = self._format.read(self._opened(fetched, value))
                _refuse_nulls(part)
            except (Forged, ForeignBatch) as error:
                refused.append(_refused_for(error, offset, len(value)))
            else:
                parts.append(part)
                offsets.append(offset)
        return parts, offsets, refused

    def _opened(self, fetched: FetchedBatch, value: memoryview) -> memoryview | bytes:
        return self._seal.opened(value, fetched.partition.topic, fetched.partition.partition)

    def _together(self, parts: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
        if len(parts) == 1:
            return parts[0]
        return pa.concat_batches(parts) if parts else self._nothing


def _values(fetched: FetchedBatch, at: Index) -> list[tuple[int, memoryview]]:
    """Return offset and value of the records at `at`, without copying; empty where null."""
    values = fetched.values.take(at)
    whole = memoryview(values.buffer.data)
    places = zip(fetched.records.offset[at].tolist(), values.start.tolist(), values.end.tolist(), strict=True)
    return [(offset, whole[max(0, start) : max(0, end)]) for offset, start, end in places]


def _refuse_nulls(rows: pa.RecordBatch) -> None:
    """Raise ForeignBatch where a value is absent: no stage writes nulls."""
    nulls = [name for name, column in zip(rows.schema.names, rows.columns, strict=True) if column.null_count]
    nulls = nulls or [name for name in ("features", LINKS) if rows[name].flatten().null_count]
    if nulls:
        raise ForeignBatch(f"nulls in {nulls}")


def _refused_for(error: Exception, offset: int, size: int) -> Refused:
    return _refused(offset, size, FORGED if isinstance(error, Forged) else FOREIGN, str(error))


def _refused(offset: int, size: int, reason: str, detail: str) -> Refused:
    return Refused(offset, offset, 1, size, reason, detail[:200])
