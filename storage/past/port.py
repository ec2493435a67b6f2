"""What questions over many stored transactions ask; see the two files that answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storage.judged_traffic import JudgedTraffic
from storage.scored_transactions import ScoredTransaction
from storage.traffic_columns import TrafficColumns, WantedColumns
from storage.traffic_sample import TrafficSample
from storage.transaction_search import TransactionFilter


@dataclass(frozen=True)
class SlimColumns:
    """n transactions, with what scoring them again needs.

    Attributes:
        ids: their ids, strings (n,).
        event_time: seconds since 1970, float64 (n,).
        amount: units of their currencies, float64 (n,).
        alerted: whether they were held, bool (n,).
        features: as they were scored, float32 (n, d).
    """

    ids: pa.Array
    event_time: NDArray[np.float64]
    amount: NDArray[np.float64]
    alerted: NDArray[np.bool_]
    features: NDArray[np.float32]


@dataclass(frozen=True)
class FoundTransactions:
    """Transactions without features, latest first.

    Attributes:
        rows: the transactions.
        total: how many there are, up to `MOST_COUNTED` + 1.
        whole: whether everything was searched; the time of a page is limited.
    """

    rows: list[ScoredTransaction]
    total: int
    whole: bool = True


class Part(Protocol):
    """Some of the stored transactions; only its reader looks into it."""

    @property
    def rows(self) -> int:
        """Transactions in it, at most."""


class PastTraffic(Protocol):
    """Stored transactions. Answers depend on the rows alone, not on the store that holds them."""

    reads_on_all_cores: bool
    """Whether one reader uses all cores; then a copy of the process gains nothing."""

    def copied(self) -> Self:
        """Return one with connections of its own, for a copy of this process."""

    def newest_event_time(self) -> float | None:
        """Return the highest event time stored, seconds since 1970; None if nothing is stored."""

    def stored(self) -> int:
        """Return about how many transactions are stored, quickly."""

    def stored_days(self) -> float:
        """Return the days of event time from the oldest to the newest; single wrong times do not count."""

    def count_since(self, event_time: float) -> int:
        """Count the transactions with this event time or a later one."""

    def parts(self, since: float) -> Sequence[Part]:
        """Divide the transactions from an event time on into parts, newest first.

        Args:
            since: lowest event time, seconds since 1970; parts may hold older ones.
        """

    def read(
        self, part: Part, wanted: WantedColumns, *, since: float, width: int
    ) -> Iterator[TrafficColumns]:
        """Yield the transactions of a part from an event time on; each chunk is of one partition.

        Args:
            part: one of `parts`.
            wanted: further columns.
            since: lowest event time, seconds since 1970.
            width: number of features d; transactions with another number are left out, and counted.
        """

    def slim_since(self, event_time: float, width: int) -> Iterator[SlimColumns]:
        """Yield the transactions from an event time on, in no particular order.

        Args:
            event_time: seconds since 1970.
            width: number of features; transactions with another number are left out.
        """

    def sample(
        self, count: int, *, newest: int, seed: int, yield_control: Callable[[], None] = lambda: None
    ) -> TrafficSample:
        """Draw a sample that no label calls fraud; see `storage.traffic_sample.sample_traffic`."""

    def judged(
        self, *, since: float, most: int, width: int, apart_from: Collection[str] = (), whole: bool = False
    ) -> JudgedTraffic:
        """Read the newest transactions with verdicts; see `storage.judged_traffic.load_judged_traffic`."""

    def by_ids(self, ids: Sequence[str]) -> dict[str, ScoredTransaction]:
        """Return transactions by id; of an id that arrived twice, the one that arrived last.

        Args:
            ids: ids of transactions. One that is not stored costs a search of all days.
        """

    def at(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], ScoredTransaction]:
        """Return the transactions at partitions and offsets of the input topic."""

    def page(self, wanted: TransactionFilter, *, offset: int, limit: int) -> FoundTransactions:
        """Return one page of the selected transactions.

        Args:
            wanted: selects transactions.
            offset: number of transactions to skip.
            limit: at most this many.
        """

    def whole_in_sql_since(self) -> float:
        """Return the event time from which on SQL has all transactions, seconds since 1970."""
