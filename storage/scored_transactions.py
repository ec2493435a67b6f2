"""Every transaction as it was scored, with its features, so that any score can be recomputed."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import JSON, Float, Index, Integer, LargeBinary, SmallInteger, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.bulk import Row, Upsert
from storage.table import BigIdentity, TableBase

# SQLite takes 32,766 bound values in a statement at most.
IDS_PER_QUERY = 10_000


class ScoredTransaction(TableBase):
    """One scored transaction; identified by where it lies in the input topic, so repeats change nothing."""

    __tablename__ = "scored_transactions"
    __table_args__ = (
        Index(None, "transaction_id"),
        Index(None, "event_time"),
        # Rows lie in the order of partition and offset: appending is cheap, and so is sampling by offset.
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
    """0 the base, else the detector's place in the snapshot."""
    winner_id: Mapped[str | None] = mapped_column(String)
    control_offset: Mapped[int] = mapped_column(BigIdentity)


COLUMNS = tuple(column.name for column in ScoredTransaction.__table__.columns)
KEYS = ("source_partition", "source_offset")
_INSERT = Upsert(ScoredTransaction.__tablename__, COLUMNS, KEYS)


class ScoredTransactions:
    """Adds and reads scored transactions within the caller's unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_many(self, rows: Iterable[Row]) -> None:
        """Insert rows, values in the order of `COLUMNS`, `entities` as JSON text; repeats are skipped."""
        _INSERT.run(self._session, rows)

    def by_ids(self, ids: Sequence[str]) -> dict[str, ScoredTransaction]:
        """The transactions that are stored, by id; where an id came twice, the one scored last."""
        found: dict[str, ScoredTransaction] = {}
        for start in range(0, len(ids), IDS_PER_QUERY):
            wanted = ScoredTransaction.transaction_id.in_(ids[start : start + IDS_PER_QUERY])
            query = select(ScoredTransaction).where(wanted).order_by(ScoredTransaction.arrival)
            found |= {row.transaction_id: row for row in self._session.scalars(query)}
        return found

    def at(self, partition: int, offset: int) -> ScoredTransaction | None:
        """The transaction read from this place of the input topic."""
        return self._session.get(ScoredTransaction, (partition, offset))

    def evenly_spaced(self, count: int) -> list[ScoredTransaction]:
        """At most `count` transactions, at even distances over what each partition holds."""
        ranges = self.offset_ranges()
        found: list[ScoredTransaction] = []
        for number, (partition, (low, high)) in enumerate(sorted(ranges.items())):
            each = count // len(ranges) + (number < count % len(ranges))
            places = sorted({low + (high - low) * step // max(each - 1, 1) for step in range(each)})
            for start in range(0, len(places), IDS_PER_QUERY):
                row = ScoredTransaction
                here = row.source_offset.in_(places[start : start + IDS_PER_QUERY])
                query = select(row).where(row.source_partition == partition, here)
                found += self._session.scalars(query.order_by(row.source_offset))
        return found

    def newest_event_time(self) -> float | None:
        """Event time of the latest transaction stored; None where there is none."""
        return self._session.scalar(select(func.max(ScoredTransaction.event_time)))

    def count_since(self, event_time: float) -> int:
        """How many stored transactions happened at `event_time` or later."""
        query = select(func.count()).where(ScoredTransaction.event_time >= event_time)
        return self._session.scalar(query) or 0

    def since(self, event_time: float, *, per_step: int = 10_000) -> Iterator[Sequence[ScoredTransaction]]:
        """All transactions from `event_time` on, a step at a time, in no particular order."""
        query = select(ScoredTransaction).where(ScoredTransaction.event_time >= event_time)
        yield from self._session.scalars(query.execution_options(yield_per=per_step)).partitions()

    def offset_ranges(self) -> dict[int, tuple[int, int]]:
        """Lowest and highest offset stored, by partition; a few index look-ups, whatever the size."""
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
        """Transactions a second, by arrival, over the `over` stored last in each partition.

        Partitions whose last one arrived more than `within_s` before `now` count nothing.
        """
        total = 0.0
        for partition, (low, high) in self.offset_ranges().items():
            first = max(low, high - over)
            newest, oldest = self._arrival(partition, high), self._arrival(partition, first)
            if now - newest <= within_s and newest > oldest:
                total += (high - first) / (newest - oldest)
        return total

    def _arrival(self, partition: int, offset: int) -> float:
        """Arrival of the first transaction at `offset` or after it."""
        row = ScoredTransaction
        here = select(row.arrival).where(row.source_partition == partition, row.source_offset >= offset)
        return self._session.scalars(here.order_by(row.source_offset).limit(1)).one()
