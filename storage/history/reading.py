"""Reads the history store as Arrow batches: only the columns, days and files that a question needs.

pyiceberg chooses the files by their days. Arrow reads them: it skips parts of files whose lowest and highest
values do not fit, decodes on all cores and holds few batches at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.dataset as pads
from pyarrow import compute as pc
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import Table

from storage.history.columns import DAY, DAY_S, ENTITY, FEATURES, LINKS, history_schema, kinds_in
from storage.history.outage import away_as_unavailable

PER_BATCH: Final = 65_536
_AHEAD: Final = 4  # batches and files that are read ahead


@dataclass(frozen=True)
class HistoryFile:
    """One Parquet file.

    Attributes:
        path: its URL.
        rows: rows in it.
        size: bytes.
        day: its day, counted from 1970.
    """

    path: str
    rows: int
    size: int
    day: int


class HistoryReader:
    """Reads the snapshot of a table that is loaded.

    Args:
        table: the table of a store.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._schema = history_schema(kinds_in(table.schema().column_names))

    @property
    def names(self) -> list[str]:
        """Names of all columns."""
        return list(self._schema.names)

    def files(self, since: float = -math.inf, until: float = math.inf) -> list[HistoryFile]:
        """Return the files that may hold event times of a range, newest day first.

        Args:
            since: lowest event time, seconds since 1970.
            until: highest event time, exclusive.
        """
        with away_as_unavailable(self._table.location()):
            found = [
                HistoryFile(
                    task.file.file_path,
                    task.file.record_count,
                    task.file.file_size_in_bytes,
                    _day_number(task.file.partition[0]),
                )
                for task in self._table.scan(row_filter=_within(since, until)).plan_files()
            ]
        return sorted(found, key=lambda one: (-one.day, one.path))

    def batches(
        self,
        columns: Sequence[str],
        *,
        since: float = -math.inf,
        until: float = math.inf,
        where: pc.Expression | None = None,
        files: Sequence[HistoryFile] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a range of event times, in no particular order.

        Args:
            columns: names of the columns to read.
            since: lowest event time, seconds since 1970.
            until: highest event time, exclusive.
            where: a further condition on columns.
            files: read only these of `files()`.

        Yields:
            At most `PER_BATCH` rows.
        """
        chosen = self.files(since, until) if files is None else files
        if not chosen:
            return
        condition = where
        if since > -math.inf:
            condition = _both(condition, pc.field("event_time") >= since)
        if until < math.inf:
            condition = _both(condition, pc.field("event_time") < until)
        with away_as_unavailable(self._table.location()):
            yield from self._dataset(chosen).to_batches(
                columns=list(columns),
                filter=condition,
                batch_size=PER_BATCH,
                batch_readahead=_AHEAD,
                fragment_readahead=_AHEAD,
            )

    def rows_of_entity(self, kind: str, key: str) -> list[dict[str, object]]:
        """Return the rows of an entity by column, without features and day.

        Args:
            kind: such as `card`; without its column there are no rows.
            key: the key of the entity.
        """
        if ENTITY + kind not in self.names:
            return []
        columns = [name for name in self.names if name not in (FEATURES, LINKS, DAY)]
        found = self.batches(columns, where=pc.field(ENTITY + kind) == key)
        return [row for batch in found for row in batch.to_pylist()]

    def _dataset(self, files: Sequence[HistoryFile]) -> pads.Dataset:
        """Return the files as one data set. Only whole files are ever replaced: no file has row deletes."""
        io = self._table.io
        assert isinstance(io, PyArrowFileIO)
        parsed = [io.parse_location(one.path, io.properties) for one in files]
        scheme, host, _ = parsed[0]
        return pads.dataset(
            [path for _, _, path in parsed],
            schema=self._schema,
            format=pads.ParquetFileFormat(pre_buffer=True),
            filesystem=io.fs_by_scheme(scheme, host),
        )

    def count(self) -> int:
        """Return the number of stored rows, from the files' metadata."""
        return sum(one.rows for one in self.files())

    def newest_event_time(self) -> float | None:
        """Return the highest stored event time, seconds since 1970; None if nothing is stored."""
        files = self.files()
        newest = [one for one in files if one.day == files[0].day]
        tops = [pc.max(batch["event_time"]).as_py() for batch in self.batches(["event_time"], files=newest)]
        return max((top for top in tops if top is not None), default=None)


def _within(since: float, until: float) -> str:
    """Return the condition on days that a range of event times needs."""
    limits = [f"{DAY} >= '{_day_at(since)}'"] if since > -math.inf else []
    limits += [f"{DAY} <= '{_day_at(until)}'"] if until < math.inf else []
    return " and ".join(limits) or "true"


def _day_at(time: float) -> str:
    number = min(max(_EPOCH + math.floor(time / DAY_S), 1), date.max.toordinal())
    return date.fromordinal(number).isoformat()


def _day_number(day: object) -> int:
    return day.toordinal() - _EPOCH if isinstance(day, date) else int(str(day))


def _both(one: pc.Expression | None, other: pc.Expression) -> pc.Expression:
    return other if one is None else one & other


_EPOCH: Final = date(1970, 1, 1).toordinal()
