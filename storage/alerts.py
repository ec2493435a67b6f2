"""Transactions over the threshold, with the reasons that an analyst reads."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, Float, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.bulk import Row, Upsert
from storage.table import BigIdentity, Table

OPEN, CONFIRMED, REJECTED = "open", "confirmed", "rejected"


class Alert(Table):
    """One alert; it lies at the same place of the input topic as its scored transaction."""

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("source_partition", "source_offset"),
        Index(None, "status", "raised_at"),
        Index(None, "transaction_id"),
    )

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    source_partition: Mapped[int]
    source_offset: Mapped[int] = mapped_column(BigIdentity)
    transaction_id: Mapped[str] = mapped_column(String)
    raised_at: Mapped[float] = mapped_column(Float(53))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The alert as it was published: amount, surprise, winner, reasons."""
    status: Mapped[str] = mapped_column(String, server_default=OPEN)


COLUMNS = ("source_partition", "source_offset", "transaction_id", "raised_at", "body")
_INSERT = Upsert(Alert.__tablename__, COLUMNS, ("source_partition", "source_offset"))


class Alerts:
    """Adds and reads alerts within the caller's unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_many(self, rows: Iterable[Row]) -> None:
        """Insert alerts, values in the order of `COLUMNS`, `body` as JSON text; repeats are skipped."""
        _INSERT.run(self._session, rows)

    def newest(self, limit: int, *, status: str | None = None) -> list[Alert]:
        """The alerts raised last, newest first; of one status where it is given."""
        query = select(Alert).order_by(Alert.raised_at.desc(), Alert.id.desc()).limit(limit)
        return list(self._session.scalars(query if status is None else query.where(Alert.status == status)))

    def count(self, *, status: str | None = None) -> int:
        """How many alerts are stored; of one status where it is given."""
        query = select(func.count(Alert.id))
        return self._session.scalar(query if status is None else query.where(Alert.status == status)) or 0
