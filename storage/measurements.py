"""Measurements of monitoring: traffic counts by hour, drift and quality by day, and alarms."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, Float, Index, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.bulk import Row, Upsert
from storage.table import TableBase


class Measurement(TableBase):
    """One measured figure; a new measurement of the same kind, subject and time replaces it."""

    __tablename__ = "measurements"
    __table_args__ = (Index(None, "time"),)

    kind: Mapped[str] = mapped_column(String, primary_key=True)
    """What was measured, such as `traffic`, `psi`, `recall` or `alarm`."""
    subject: Mapped[str] = mapped_column(String, primary_key=True)
    """What it was measured on: a feature or the name of an alarm; empty if there is only one."""
    time: Mapped[float] = mapped_column(Float(53), primary_key=True)
    """Beginning of the measured period, or of an alarm, seconds since 1970."""
    value: Mapped[float] = mapped_column(Float(53))
    low: Mapped[float | None] = mapped_column(Float(53))
    high: Mapped[float | None] = mapped_column(Float(53))
    """Upper bound of the 95% interval; `low` is the lower. Both are None if there is no interval."""
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


COLUMNS = tuple(column.name for column in Measurement.__table__.columns)
KEYS = ("kind", "subject", "time")
_UPSERT = Upsert(
    Measurement.__tablename__, COLUMNS, KEYS, update=tuple(name for name in COLUMNS if name not in KEYS)
)


class Measurements:
    """Adds and reads measurements within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, rows: Iterable[Measurement]) -> None:
        """Store measurements; each replaces an earlier one of the same kind, subject and time."""
        _UPSERT.run(self._session, (_values(row) for row in rows))

    def of_kind(self, kind: str, *, since: float = 0.0, subject: str | None = None) -> list[Measurement]:
        """Return the measurements of a kind, oldest first.

        Args:
            kind: kind of measurement.
            since: lowest time, seconds since 1970.
            subject: only measurements of this subject; None for all.

        Returns:
            The measurements.
        """
        query = select(Measurement).where(Measurement.kind == kind, Measurement.time >= since)
        if subject is not None:
            query = query.where(Measurement.subject == subject)
        return list(self._session.scalars(query.order_by(Measurement.time, Measurement.subject)))

    def latest(self, kind: str) -> dict[str, Measurement]:
        """Return the newest measurement of each subject of a kind, by subject."""
        return {row.subject: row for row in self.of_kind(kind)}

    def delete_before(self, kind: str, *, time: float) -> None:
        """Delete the measurements of a kind that are older than `time`, seconds since 1970."""
        old = delete(Measurement).where(Measurement.kind == kind, Measurement.time < time)
        self._session.execute(old)


def _values(row: Measurement) -> Row:
    own = {"details": json.dumps(row.details)}
    return tuple(own.get(name, getattr(row, name)) for name in COLUMNS)
