"""What monitoring has measured: histograms by hour, drift and quality by day, alarms from begin to end."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, Float, Index, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.bulk import Row, Upsert
from storage.table import TableBase


class Measurement(TableBase):
    """One figure; measured again for the same time, it replaces the earlier one."""

    __tablename__ = "measurements"
    __table_args__ = (Index(None, "time"),)

    kind: Mapped[str] = mapped_column(String, primary_key=True)
    """What was measured: `traffic`, `psi`, `recall`, `alarm`, ..."""
    subject: Mapped[str] = mapped_column(String, primary_key=True)
    """Of what: a feature, an alarm's name; empty where there is only one."""
    time: Mapped[float] = mapped_column(Float(53), primary_key=True)
    """Where the measured span begins, or when an alarm began."""
    value: Mapped[float] = mapped_column(Float(53))
    low: Mapped[float | None] = mapped_column(Float(53))
    high: Mapped[float | None] = mapped_column(Float(53))
    """Bounds of the 95% interval, where there is one."""
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


COLUMNS = tuple(column.name for column in Measurement.__table__.columns)
KEYS = ("kind", "subject", "time")
_UPSERT = Upsert(
    Measurement.__tablename__, COLUMNS, KEYS, update=tuple(name for name in COLUMNS if name not in KEYS)
)


class Measurements:
    """Adds and reads measurements within the caller's unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, rows: Iterable[Measurement]) -> None:
        """Store them, each in place of an earlier one of the same kind, subject and time."""
        _UPSERT.run(self._session, (_values(row) for row in rows))

    def of_kind(self, kind: str, *, since: float = 0.0, subject: str | None = None) -> list[Measurement]:
        """Measurements of a kind from `since` on, oldest first; of one subject where it is given."""
        query = select(Measurement).where(Measurement.kind == kind, Measurement.time >= since)
        if subject is not None:
            query = query.where(Measurement.subject == subject)
        return list(self._session.scalars(query.order_by(Measurement.time, Measurement.subject)))

    def latest(self, kind: str) -> dict[str, Measurement]:
        """The newest measurement of each subject of a kind."""
        return {row.subject: row for row in self.of_kind(kind)}

    def delete_before(self, kind: str, *, time: float) -> None:
        """Delete the measurements of a kind that are older than `before`."""
        old = delete(Measurement).where(Measurement.kind == kind, Measurement.time < time)
        self._session.execute(old)


def _values(row: Measurement) -> Row:
    own = {"details": json.dumps(row.details)}
    return tuple(own.get(name, getattr(row, name)) for name in COLUMNS)
