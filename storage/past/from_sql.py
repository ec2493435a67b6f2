"""Past traffic from the table `scored_transactions`."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Self

import numpy as np
import pyarrow as pa
from sqlalchemy.orm import Session

from storage.engine import open_engine
from storage.judged_traffic import JudgedTraffic, load_judged_traffic
from storage.past.port import FoundTransactions, Part, SlimColumns
from storage.scored_transactions import ScoredTransaction, ScoredTransactions, SlimRow
from storage.traffic_columns import TrafficColumns, TrafficPart, WantedColumns, parts_of_traffic, read_part
from storage.traffic_sample import TrafficSample, sample_traffic
from storage.transaction_search import TransactionFilter, TransactionSearch


class FromSql:
    """Reads the database; see `PastTraffic`.

    Args:
        session: the session of a unit of work.
    """

    reads_on_all_cores = False

    def __init__(self, session: Session) -> None:
        self._session = session
        self._transactions = ScoredTransactions(session)

    def copied(self) -> Self:
        """Return one with a connection of its own; see `PastTraffic`."""
        url = self._session.get_bind().engine.url.render_as_string(hide_password=False)
        return type(self)(Session(open_engine(url).execution_options(reads_only=True)))

    def newest_event_time(self) -> float | None:
        """Return the highest event time; see `PastTraffic`."""
        return self._transactions.newest_event_time()

    def stored(self) -> int:
        """Return the offsets between the lowest and the highest; see `PastTraffic`."""
        return sum(high - low + 1 for low, high in self._transactions.offset_ranges().values())

    def stored_days(self) -> float:
        """Return the days of event time; see `PastTraffic`."""
        return self._transactions.stored_days()

    def count_since(self, event_time: float) -> int:
        """Count transactions; see `PastTraffic`."""
        return self._transactions.count_since(event_time)

    def parts(self, since: float) -> Sequence[TrafficPart]:
        """Return all parts: offsets do not show their times; see `PastTraffic`."""
        return parts_of_traffic(self._session)

    def read(
        self, part: Part, wanted: WantedColumns, *, since: float, width: int
    ) -> Iterator[TrafficColumns]:
        """Yield the transactions of a part; see `PastTraffic`."""
        assert isinstance(part, TrafficPart)
        return read_part(self._session, part, wanted, since=since, width=width)

    def slim_since(self, event_time: float, width: int) -> Iterator[SlimColumns]:
        """Yield transactions from an event time on; see `PastTraffic`."""
        for step in self._transactions.slim_since(event_time):
            rows = [one for one in step if len(one.features) == 4 * width]
            if rows:
                yield _columns(rows)

    def sample(
        self, count: int, *, newest: int, seed: int, yield_control: Callable[[], None] = lambda: None
    ) -> TrafficSample:
        """Draw a sample; see `PastTraffic`."""
        return sample_traffic(self._session, count, newest=newest, seed=seed, yield_control=yield_control)

    def judged(
        self, *, since: float, most: int, width: int, apart_from: Collection[str] = (), whole: bool = False
    ) -> JudgedTraffic:
        """Read the newest transactions; see `PastTraffic`."""
        return load_judged_traffic(
            self._session, since=since, most=most, width=width, apart_from=apart_from, whole=whole
        )

    def by_ids(self, ids: Sequence[str]) -> dict[str, ScoredTransaction]:
        """Return transactions by id; see `PastTraffic`."""
        return self._transactions.by_ids(ids)

    def at(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], ScoredTransaction]:
        """Return the transactions at places; see `PastTraffic`."""
        found = {place: self._transactions.at(*place) for place in places}
        return {place: row for place, row in found.items() if row is not None}

    def page(self, wanted: TransactionFilter, *, offset: int, limit: int) -> FoundTransactions:
        """Return one page; see `PastTraffic`."""
        search = TransactionSearch(self._session)
        rows = search.page(wanted, offset=offset, limit=limit)
        return FoundTransactions(rows, search.count(wanted))

    def whole_in_sql_since(self) -> float:
        """Return a time before all others; see `PastTraffic`."""
        return -math.inf


def _columns(rows: Sequence[SlimRow]) -> SlimColumns:
    n = len(rows)
    return SlimColumns(
        pa.array([row.transaction_id for row in rows], pa.string()),
        np.fromiter((row.event_time for row in rows), np.float64, n),
        np.fromiter((row.amount for row in rows), np.float64, n),
        np.fromiter((row.decision != 0 for row in rows), bool, n),
        np.frombuffer(b"".join(row.features for row in rows), "<f4").reshape(n, -1),
    )
