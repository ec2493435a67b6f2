"""Detectors adapted from episodes, and bases."""

from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.table import BigIdentity, TableBase


class BaseRow(TableBase):
    """One frozen scoring network."""

    __tablename__ = "bases"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    content_hash: Mapped[str] = mapped_column(String)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[float] = mapped_column(Float(53))
    control_offset: Mapped[int | None] = mapped_column(BigIdentity)


class DetectorRow(TableBase):
    """One detector. Its id is derived from episode and base, so adapting again gives the same row."""

    __tablename__ = "detectors"
    __table_args__ = (Index(None, "status"), Index(None, "episode_id"))

    id: Mapped[str] = mapped_column(String, primary_key=True)
    episode_id: Mapped[str] = mapped_column(ForeignKey("episodes.id"))
    parent: Mapped[str | None] = mapped_column(String)
    """Content hash of the base that it was adapted to."""
    adapter: Mapped[str] = mapped_column(String)
    content_hash: Mapped[str] = mapped_column(String)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[str] = mapped_column(String)
    """draft, announced, live or retired."""
    threshold: Mapped[float | None] = mapped_column(Float(53))
    """The joint threshold that was announced with it, as surprise."""
    gate: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[float] = mapped_column(Float(53))
    control_offset: Mapped[int | None] = mapped_column(BigIdentity)


class Detectors:
    """Adds and reads detectors and bases within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, row: DetectorRow | BaseRow) -> None:
        """Store a detector or base; it replaces an earlier one of the same id."""
        self._session.merge(row)

    def get(self, detector_id: str) -> DetectorRow | None:
        """Return the detector of this id, or None; changes to it are written when the unit commits."""
        return self._session.get(DetectorRow, detector_id)

    def get_base(self, base_id: str) -> BaseRow | None:
        """Return the base of this id, or None."""
        return self._session.get(BaseRow, base_id)

    def with_status(self, *statuses: str) -> list[DetectorRow]:
        """Return the detectors in any of these states, oldest first."""
        wanted = DetectorRow.status.in_(statuses)
        return list(self._session.scalars(select(DetectorRow).where(wanted).order_by(DetectorRow.created_at)))
