"""Every scored transaction with its features, so that any score can be recomputed."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import NamedTuple

from sqlalchemy import JSON, Float, Index, Integer, LargeBinary, SmallInteger, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.bulk import Row, Upsert
from storage.table import BigIdentity, TableBase

# SQLite takes at most 32,766 bound values in a statement.
IDS_PER_QUERY = 10_000
DAY_S = 86_400.0
_AT_AN_END = 100


class ScoredTransaction(TableBase):
    """One scored transaction, identified by its partition and offset in the input topic.

    A record that is read twice therefore changes nothing.
    """

    __tablename__ = "scored_transactions"
    __table_args__ = (
        Index(None, "transaction_id"),
        Index(None, "event_time"),
        # Rows are stored in the order of partition and offset, which makes appending and sampling cheap.
        {"sqlite_with_rowid": False},
    )

    source_partition: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    source_offset: Mapped[int] = mapped_column(BigIdentity, primary_key=True, autoincrement=False)
    transaction_id: Mapped[str] = mapped_column(String)
    event_time: Mapped[float] = mapped_column(Float(53))
    arrival: Mapped[float] = mapped_column(Float(53))
    amount: Mapped[float] = mapped_column(Float(53))
    currency: Mapped[str | None] = mapped_column(String)
    category: Mapped[int] = mapped_column(Integer)
    entities: Mapped[dict[str, str]] = mapped_column(JSON)
    features: Mapped[bytes] = mapped_column(LargeBinary)
    """float32, little endian, in the order of the feature vector."""
    surprise: Mapped[float] = mapped_column(Float(53))
    tail: Mapped[float] = mapped_column(Float(53))
    decision: Mapped[int] = mapped_column(SmallInteger)
    """0 approve, 1 review, 2 decline."""
    winner: Mapped[int] = mapped_column(Integer)
    """0 is the base; other values are the index of the detector in the snapshot, from 1."""
    winner_id: Mapped[str | None] = mapped_column(String)
    control_offset: Mapped[int] = mapped_column(BigIdentity)
    scored_at: Mapped[float | None] = mapped_column(Float(53))
    """Seconds since 1970; None in rows of releases that did not store it."""
    links: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Different partners of each entity in 7 days, then its confirmed frauds: float32, little endian; None as
    `scored_at`."""


COLUMNS = tuple(column.name for column in ScoredTransaction.__table__.columns)
KEYS = ("source_partition", "source_offset")
_INSERT = Upsert(ScoredTransaction.__tablename__, COLUMNS, KEYS)


class SlimRow(NamedTuple):
    """The columns of a transaction that scoring it again needs, as in `ScoredTransaction`."""

    transaction_id: str
    event_time: float
    amount: float
    decision: int
    features: bytes


class ScoredTransactions:
    """Adds and reads scored transactions within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_many(self, rows: Iterable[Row]) -> int:
        """Insert rows; those already stored are skipped.

        Args:
            rows: values in the order of `COLUMNS`, `entities` as JSON text.

        Returns:
            Rows that are new.
        """
        return _INSERT.run(self._session, rows)

    def by_ids(self, ids: Sequence[str]) -> dict[str, ScoredTransaction]:
        """Return the stored transactions of these ids, by id.

        Args:
            ids: ids of transactions, any number.

        Returns:
            Transactions, by id; of an id that arrived twice, the one that arrived last.
        """
        found: dict[str, ScoredTransaction] = {}
        for start in range(0, len(ids), IDS_PER_QUERY):
            wanted = ScoredTransaction.transaction_id.in_(ids[start : start + IDS_PER_QUERY])
            query = select(ScoredTransaction).where(wanted).order_by(ScoredTransaction.arrival)
            found |= {row.transaction_id: row for row in self._session.scalars(query)}
        return found

    def first_by_ids(self, ids: Sequence[str]) -> dict[str, ScoredTransaction]:
        """Return the stored transactions of these ids, by id; of an id that arrived twice, the first.

        Args:
            ids: ids of transactions, at most `IDS_PER_QUERY`.
        """
        row = ScoredTransaction
        query = select(row).where(row.transaction_id.in_(ids)).order_by(row.arrival.desc())
        return {found.transaction_id: found for found in self._session.scalars(query)}

    def at(self, partition: int, offset: int) -> ScoredTransaction | None:
        """Return the transaction at this partition and offset of the input topic, or None."""
        return self._session.get(ScoredTransaction, (partition, offset))

    def evenly_spaced(self, count: int) -> list[ScoredTransaction]:
        """Return at most `count` transactions, evenly spaced over the offsets of each partition."""
        found: list[ScoredTransaction] = []
        for partition, places in self.even_offsets(count).items():
            for start in range(0, len(places), IDS_PER_QUERY):
                row = ScoredTransaction
                here = row.source_offset.in_(places[start : start + IDS_PER_QUERY])
                query = select(row).where(row.source_partition == partition, here)
                found += self._session.scalars(query.order_by(row.source_offset))
        return found

    def even_offsets(self, count: int) -> dict[int, list[int]]:
        """Return at most `count` evenly spaced offsets, by partition; some may hold no transaction."""
        ranges = self.offset_ranges()
        found: dict[int, list[int]] = {}
        for number, (partition, (low, high)) in enumerate(sorted(ranges.items())):
            each = count // len(ranges) + (number < count % len(ranges))
            found[partition] = sorted({low + (high - low) * step // max(each - 1, 1) for step in range(each)})
        return found

    def newest_event_time(self) -> float | None:
        """Return the highest event time stored, seconds since 1970; None if nothing is stored."""
        return self._session.scalar(select(func.max(ScoredTransaction.event_time)))

    def stored_days(self) -> float:
        """Return the days of event time from the oldest stored transactions to the newest; 0 if none.

        Begin and end are medians over the 100 lowest and highest offsets of each partition, since single
        transactions may carry a time that is years away.
        """
        row = ScoredTransaction
        oldest: list[float] = []
        newest: list[float] = []
        for partition in self.offset_ranges():
            times = select(row.event_time).where(row.source_partition == partition).limit(_AT_AN_END)
            oldest += self._session.scalars(times.order_by(row.source_offset))
            newest += self._session.scalars(times.order_by(row.source_offset.desc()))
        return (median(newest) - median(oldest)) / DAY_S if oldest else 0.0

    def count_since(self, event_time: float) -> int:
        """Count the transactions with this event time or a later one."""
        query = select(func.count()).where(ScoredTransaction.event_time >= event_time)
        return self._session.scalar(query) or 0

    def since(self, event_time: float, *, per_step: int = 10_000) -> Iterator[Sequence[ScoredTransaction]]:
        """Yield all transactions from an event time on, in chunks and in no particular order.

        Args:
            event_time: lowest event time, seconds since 1970.
            per_step: transactions in a chunk.

        Yields:
            A chunk of transactions.
        """
        query = select(ScoredTransaction).where(ScoredTransaction.event_time >= event_time)
        yield from self._session.scalars(query.execution_options(yield_per=per_step)).partitions()

    def slim_since(self, event_time: float, *, per_step: int = 10_000) -> Iterator[Sequence[SlimRow]]:
        """Yield what scoring again needs of all transactions from an event time on.

        Args:
            event_time: lowest event time, seconds since 1970.
            per_step: transactions in a chunk.

        Yields:
            A chunk of transactions, in no particular order.
        """
        row = ScoredTransaction
        query = select(row.transaction_id, row.event_time, row.amount, row.decision, row.features)
        query = query.where(row.event_time >= event_time).execution_options(yield_per=per_step)
        for step in self._session.execute(query).partitions():
            yield [SlimRow(*one) for one in step]

    def offset_ranges(self) -> dict[int, tuple[int, int]]:
        """Return the lowest and the highest stored offset, by partition, with a few index look-ups."""
        partition, offset = ScoredTransaction.source_partition, ScoredTransaction.source_offset
        ranges: dict[int, tuple[int, int]] = {}
        current = self._session.scalar(select(func.min(partition)))
        while current is not None:
            low = self._session.scalar(select(func.min(offset)).where(partition == current))
            high = self._session.scalar(select(func.max(offset)).where(partition == current))
            assert low is not None
            assert high is not None
            ranges[current] = (low, high)
            current = self._session.scalar(select(func.min(partition)).where(partition > current))
        return ranges

    def recent_rate(self, *, now: float, over: int = 5_000, within_s: float = 60.0) -> float:
        """Return the transactions a second that arrived recently.

        Args:
            now: the current time, seconds since 1970.
            over: offsets of each partition, the newest, that the rate is measured on.
            within_s: a partition whose newest transaction is older counts as 0.

        Returns:
            Transactions a second, all partitions together.
        """
        total = 0.0
        for partition, (low, high) in self.offset_ranges().items():
            first = max(low, high - over)
            newest, oldest = self._arrival(partition, high), self._arrival(partition, first)
            if now - newest <= within_s and newest > oldest:
                total += (high - first) / (newest - oldest)
        return total

    def _arrival(self, partition: int, offset: int) -> float:
        """Return the arrival of the first transaction at or after `offset`."""
        row = ScoredTransaction
        here = select(row.arrival).where(row.source_partition == partition, row.source_offset >= offset)
        return self._session.scalars(here.order_by(row.source_offset).limit(1)).one()
