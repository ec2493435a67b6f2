"""Cases: alerts of one entity or ring, grouped into one investigation with status, owner and links."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, ColumnElement, Float, ForeignKey, Index, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from storage.masked_text import MaskedText
from storage.table import BigIdentity, TableBase

OPEN, WORKING, CLOSED = "open", "working", "closed"
PRIORITIES = ("low", "normal", "high", "urgent")
"""From the least to the most urgent."""
NORMAL = "normal"


class CaseAlert(TableBase):
    """Membership of an alert in a case."""

    __tablename__ = "case_alerts"
    __table_args__ = (Index(None, "transaction_id"), Index(None, "alert_id"))

    case_id: Mapped[int] = mapped_column(
        BigIdentity, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True
    )
    alert_id: Mapped[int] = mapped_column(BigIdentity, primary_key=True, autoincrement=False)
    transaction_id: Mapped[str] = mapped_column(String)


class CaseLink(TableBase):
    """A link to a document stored elsewhere."""

    __tablename__ = "case_links"
    __table_args__ = (Index(None, "case_id"),)

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    case_id: Mapped[int] = mapped_column(BigIdentity, ForeignKey("cases.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String)
    title: Mapped[str] = mapped_column(MaskedText)
    author: Mapped[str] = mapped_column(MaskedText)
    time: Mapped[float] = mapped_column(Float(53))


class Case(TableBase):
    """One investigation."""

    __tablename__ = "cases"
    __table_args__ = (Index(None, "status", "updated_at"), Index(None, "due_at"), Index(None, "merged_into"))

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    name: Mapped[str] = mapped_column(MaskedText)
    status: Mapped[str] = mapped_column(String, default=OPEN)
    owner: Mapped[str | None] = mapped_column(String)
    author: Mapped[str] = mapped_column(MaskedText)
    created_at: Mapped[float] = mapped_column(Float(53))
    updated_at: Mapped[float] = mapped_column(Float(53))
    priority: Mapped[str] = mapped_column(String, default=NORMAL, server_default=NORMAL)
    due_at: Mapped[float | None] = mapped_column(Float(53))
    """When work on it must be finished; None without a deadline."""
    merged_into: Mapped[int | None] = mapped_column(BigIdentity)
    """Id of the case that holds its alerts, notes and links now."""
    merge: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What was moved into the other case, so that the merge can be undone."""
    alerts: Mapped[list[CaseAlert]] = relationship(cascade="all, delete-orphan", order_by=CaseAlert.alert_id)
    links: Mapped[list[CaseLink]] = relationship(cascade="all, delete-orphan", order_by=CaseLink.id)


@dataclass(frozen=True)
class CaseFilter:
    """Selects cases; a field that is None selects all."""

    status: str | None = None
    owner: str | None = None
    overdue_at: float | None = None
    """Only cases that are not closed and were due before this time, seconds since 1970."""


def overdue(now: float) -> ColumnElement[bool]:
    """Return the condition that a case is not closed and was due before `now`, seconds since 1970."""
    return Case.due_at.is_not(None) & (Case.due_at < now) & (Case.status != CLOSED)


class Cases:
    """Adds and reads cases within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, case: Case) -> Case:
        """Store a new case and return it with its id."""
        self._session.add(case)
        self._session.flush()
        return case

    def get(self, case_id: int) -> Case | None:
        """Return the case of this id, or None; changes to it are written when the unit commits."""
        return self._session.get(Case, case_id)

    def locked(self, *case_ids: int) -> list[Case | None]:
        """Return the cases of these ids, each or None, and keep others from changing them until the end.

        Rows are locked in the order of their ids, so that two units of work cannot block each other.
        """
        query = select(Case).where(Case.id.in_(case_ids)).order_by(Case.id).with_for_update()
        found = {case.id: case for case in self._session.scalars(query)}
        return [found.get(one) for one in case_ids]

    def merged_into(self, case_id: int) -> list[int]:
        """Return the ids of the cases that were merged into this one, in order."""
        return list(
            self._session.scalars(select(Case.id).where(Case.merged_into == case_id).order_by(Case.id))
        )

    def deadlines(self, alert_ids: Sequence[int]) -> dict[int, float]:
        """Return the earliest deadline of each of these alerts that an open case with a deadline holds."""
        query = (
            select(CaseAlert.alert_id, func.min(Case.due_at))
            .join(Case, Case.id == CaseAlert.case_id)
            .where(CaseAlert.alert_id.in_(alert_ids), Case.status != CLOSED, Case.due_at.is_not(None))
            .group_by(CaseAlert.alert_id)
        )
        return {alert: due for alert, due in self._session.execute(query) if due is not None}

    def move_links(self, link_ids: Sequence[int], source: int, target: int) -> None:
        """Give links of one case to another; links that the source no longer has are left out."""
        for start in range(0, len(link_ids), 1_000):
            ids = link_ids[start : start + 1_000]
            chosen = (CaseLink.id.in_(ids), CaseLink.case_id == source)
            self._session.execute(update(CaseLink).where(*chosen).values(case_id=target))

    def delete_merged_into(self, case_id: int) -> int:
        """Delete the cases that were merged into this one, and return their number."""
        gone = [*self.merged_into(case_id)]
        below = sum(self.delete_merged_into(one) for one in gone)
        self._session.execute(delete(Case).where(Case.id.in_(gone)))
        return len(gone) + below

    def count(self, wanted: CaseFilter) -> int:
        """Count the selected cases."""
        return self._session.scalar(select(func.count()).select_from(Case).where(*_of(wanted))) or 0

    def page(self, wanted: CaseFilter, *, offset: int, limit: int) -> list[Case]:
        """Return one page of the selected cases, the most recently changed first."""
        query = select(Case).where(*_of(wanted)).order_by(Case.updated_at.desc(), Case.id.desc())
        return list(self._session.scalars(query.offset(offset).limit(limit)))


def _of(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    given = {Case.status: wanted.status, Case.owner: wanted.owner}
    chosen = [column == value for column, value in given.items() if value is not None]
    return chosen if wanted.overdue_at is None else [*chosen, overdue(wanted.overdue_at)]
