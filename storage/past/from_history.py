"""Past traffic from the history store. Verdicts, and the rows of the last hours, come from SQL."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc
from sqlalchemy.orm import Session

from storage.history.columns import DAY_S, ENTITY, LINKS, features_of
from storage.history.reading import HistoryFile, HistoryReader
from storage.judged_traffic import JudgedTraffic
from storage.past.drawing import draw_sample
from storage.past.from_sql import FromSql
from storage.past.judging import newest_judged
from storage.past.port import FoundTransactions, Part, SlimColumns
from storage.past.rows_in_history import at_places, find_rows, selected_by, with_ids
from storage.past.window import whole_since
from storage.scored_transactions import ScoredTransaction
from storage.traffic_columns import TrafficColumns, WantedColumns, links_matrix
from storage.traffic_sample import TrafficSample
from storage.transaction_search import MOST_COUNTED, TransactionFilter

_AT_AN_END: Final = 100
_ENOUGH: Final = 10_000  # rows at each end that show the stored days, should some have a wrong time
PAGE_S: Final = 5.0
"""Seconds that a page searches older days."""
_SLIM: Final = ("transaction_id", "event_time", "amount", "decision", "features")


class FromHistory:
    """Reads the history store; see `PastTraffic`.

    Args:
        reader: reads the newest snapshot.
        session: the session of a unit of work.
        sql_hours: hours of event time for which SQL has all transactions too.
    """

    reads_on_all_cores = True

    def __init__(self, reader: HistoryReader, session: Session, sql_hours: float = math.inf) -> None:
        self._reader, self._session, self._sql_hours = reader, session, sql_hours
        self._sql = FromSql(session)

    def copied(self) -> Self:
        """Not used, since `reads_on_all_cores`; see `PastTraffic`."""
        raise NotImplementedError("Arrow reads on all cores; a copy of the process gains nothing")

    def newest_event_time(self) -> float | None:
        """Return the highest event time; see `PastTraffic`."""
        return self._reader.newest_event_time()

    def stored(self) -> int:
        """Return the rows by the files' metadata; see `PastTraffic`."""
        return self._reader.count()

    def stored_days(self) -> float:
        """Return the days of event time; see `PastTraffic`."""
        newest_first = self._reader.files()
        if not newest_first:
            return 0.0
        oldest, newest = self._ends(newest_first[::-1], -1), self._ends(newest_first, 1)
        return float(np.median(newest) - np.median(oldest)) / DAY_S

    def _ends(self, files: Sequence[HistoryFile], sign: int) -> NDArray[np.float64]:
        """Return the times of each partition's highest (`sign` 1) or lowest offsets in the first files."""
        columns = ["source_partition", "source_offset", "event_time"]
        found = list(self._reader.batches(columns, files=_first(files, _ENOUGH)))
        partition, offset, time = (
            np.concatenate([batch[name].to_numpy() for batch in found]) for name in columns
        )
        order = np.lexsort((-sign * offset, partition))
        _, first, sizes = np.unique(partition[order], return_index=True, return_counts=True)
        ends = [
            order[at : at + min(size, _AT_AN_END)]
            for at, size in zip(first.tolist(), sizes.tolist(), strict=True)
        ]
        return time[np.concatenate(ends)]

    def count_since(self, event_time: float) -> int:
        """Count transactions: whole days by metadata; see `PastTraffic`."""
        day = math.floor(event_time / DAY_S)
        files = self._reader.files(event_time)
        partly = [one for one in files if one.day == day]
        found = self._reader.batches(["event_time"], since=event_time, files=partly)
        return sum(one.rows for one in files if one.day > day) + sum(len(batch) for batch in found)

    def parts(self, since: float) -> Sequence[HistoryFile]:
        """Return the files of the days; see `PastTraffic`."""
        return self._reader.files(since)

    def read(
        self, part: Part, wanted: WantedColumns, *, since: float, width: int
    ) -> Iterator[TrafficColumns]:
        """Yield the transactions of a file; see `PastTraffic`."""
        assert isinstance(part, HistoryFile)
        stored = self._reader.names
        names = [
            *("source_partition", "source_offset", "event_time", "amount", "decision", "winner_id"),
            *(ENTITY + kind for kind in wanted.kinds if ENTITY + kind in stored),
            *(name for name in ("surprise", "category", "currency") if getattr(wanted, name)),
            "features",
            *([LINKS] if wanted.links and LINKS in stored else []),
        ]
        for batch in self._reader.batches(names, since=since, files=[part]):
            partitions = batch["source_partition"].to_numpy()
            for one in np.unique(partitions).tolist():
                own = batch.filter(pa.array(partitions == one))
                yield _columns(one, _of_width(own, width), wanted, width, own.num_rows)

    def slim_since(self, event_time: float, width: int) -> Iterator[SlimColumns]:
        """Yield transactions from an event time on; see `PastTraffic`."""
        for read in self._reader.batches(_SLIM, since=event_time):
            batch = _of_width(read, width)
            if batch.num_rows:
                yield SlimColumns(
                    batch["transaction_id"],
                    batch["event_time"].to_numpy(),
                    batch["amount"].to_numpy(zero_copy_only=False),
                    batch["decision"].to_numpy(zero_copy_only=False) != 0,
                    features_of(batch["features"], width),
                )

    def sample(
        self, count: int, *, newest: int, seed: int, yield_control: Callable[[], None] = lambda: None
    ) -> TrafficSample:
        """Draw a sample; see `PastTraffic`."""
        return draw_sample(self._reader, self._session, count, newest, seed, yield_control)

    def judged(
        self, *, since: float, most: int, width: int, apart_from: Collection[str] = (), whole: bool = False
    ) -> JudgedTraffic:
        """Read the newest transactions; see `PastTraffic`."""
        return newest_judged(self._reader, self._session, since, most, width, apart_from, whole=whole)

    def by_ids(self, ids: Sequence[str]) -> dict[str, ScoredTransaction]:
        """Return transactions by id; see `PastTraffic`."""
        found = self._sql.by_ids(ids)
        if missing := [one for one in dict.fromkeys(ids) if one not in found]:
            rows = find_rows(self._reader, with_ids(missing), most=len(missing), features=True).rows
            found |= {row.transaction_id: row for row in sorted(rows, key=lambda row: row.arrival)}
        return found

    def at(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], ScoredTransaction]:
        """Return the transactions at places; see `PastTraffic`."""
        found = self._sql.at(places)
        if missing := [one for one in places if one not in found]:
            rows = find_rows(self._reader, at_places(missing), most=len(missing), features=True).rows
            by_place = {(row.source_partition, row.source_offset): row for row in rows}
            found |= {place: by_place[place] for place in missing if place in by_place}
        return found

    def page(self, wanted: TransactionFilter, *, offset: int, limit: int) -> FoundTransactions:
        """Return one page: of SQL where it has all that is asked for; see `PastTraffic`."""
        own, whole = self._sql.page(wanted, offset=offset, limit=limit), self.whole_in_sql_since()
        recent = own.total > MOST_COUNTED and own.rows and own.rows[-1].event_time >= whole
        # Alerts and their transactions stay in SQL.
        if recent or wanted.scorer is not None or (wanted.since or -math.inf) >= whole:
            return own
        older = find_rows(
            self._reader,
            selected_by(wanted, self._reader.names),
            most=MOST_COUNTED,
            since=-math.inf if wanted.since is None else wanted.since,
            until=min(whole, _just_after(wanted.until)),
            seconds=PAGE_S,
        )
        known = self._sql.page(wanted, offset=0, limit=MOST_COUNTED + 1).rows
        rows = {(row.source_partition, row.source_offset): row for row in [*older.rows, *known]}
        ordered = sorted(rows.values(), key=lambda row: (-row.event_time, row.transaction_id))
        total = min(len(ordered), MOST_COUNTED + 1)
        return FoundTransactions(ordered[offset : offset + limit], total, older.whole)

    def whole_in_sql_since(self) -> float:
        """Return the newest event time less the hours of SQL; see `PastTraffic`."""
        return whole_since(self._session, self._sql_hours, now=time.time())


def _first(files: Sequence[HistoryFile], rows: int) -> list[HistoryFile]:
    """Return the first files that hold this many rows together."""
    before = np.cumsum([0, *(one.rows for one in files)])
    return [one for one, already in zip(files, before.tolist(), strict=False) if already < rows]


def _just_after(time: float | None) -> float:
    return math.inf if time is None else math.nextafter(time, math.inf)


def _of_width(batch: pa.RecordBatch, width: int) -> pa.RecordBatch:
    """Return the rows with this number of features."""
    fits = pc.equal(pc.binary_length(batch["features"]), 4 * width)
    return batch if pc.all(fits).as_py() else batch.filter(fits)


def _columns(
    partition: int, batch: pa.RecordBatch, wanted: WantedColumns, width: int, read: int
) -> TrafficColumns:
    n, names = batch.num_rows, batch.schema.names
    return TrafficColumns(
        partition,
        batch["source_offset"].to_numpy(),
        batch["event_time"].to_numpy(),
        batch["amount"].to_numpy(),
        batch["decision"].to_numpy().astype(np.int8),
        _texts(batch["winner_id"]),
        features_of(batch["features"], width),
        {
            kind: batch[ENTITY + kind] if ENTITY + kind in names else pa.nulls(n, pa.string())
            for kind in wanted.kinds
        },
        batch["surprise"].to_numpy() if wanted.surprise else None,
        batch["category"].to_numpy() if wanted.category else None,
        _texts(batch["currency"]) if wanted.currency else None,
        links_matrix(batch[LINKS].to_pylist() if LINKS in names else [None] * n, wanted.links)
        if wanted.links
        else None,
        read - n,
    )


def _texts(column: pa.Array) -> list[str | None]:
    """Return strings; the different ones are few."""
    coded = column.dictionary_encode()
    words = np.array([*coded.dictionary.to_pylist(), None], object)
    return list(words[coded.indices.fill_null(len(words) - 1).to_numpy()])
