"""Cases: alerts of one entity or ring, grouped into one investigation with status, owner and links."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Float, ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from storage.masked_text import MaskedText
from storage.table import BigIdentity, TableBase

OPEN, WORKING, CLOSED = "open", "working", "closed"


class CaseAlert(TableBase):
    """Membership of an alert in a case."""

    __tablename__ = "case_alerts"
    __table_args__ = (Index(None, "transaction_id"),)

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
    __table_args__ = (Index(None, "status", "updated_at"),)

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    name: Mapped[str] = mapped_column(MaskedText)
    status: Mapped[str] = mapped_column(String, default=OPEN)
    owner: Mapped[str | None] = mapped_column(String)
    author: Mapped[str] = mapped_column(MaskedText)
    created_at: Mapped[float] = mapped_column(Float(53))
    updated_at: Mapped[float] = mapped_column(Float(53))
    alerts: Mapped[list[CaseAlert]] = relationship(cascade="all, delete-orphan", order_by=CaseAlert.alert_id)
    links: Mapped[list[CaseLink]] = relationship(cascade="all, delete-orphan", order_by=CaseLink.id)


@dataclass(frozen=True)
class CaseFilter:
    """Selects cases; a field that is None selects all."""

    status: str | None = None
    owner: str | None = None


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

    def count(self, wanted: CaseFilter) -> int:
        """Count the selected cases."""
        return self._session.scalar(select(func.count()).select_from(Case).where(*_of(wanted))) or 0

    def page(self, wanted: CaseFilter, *, offset: int, limit: int) -> list[Case]:
        """Return one page of the selected cases, the most recently changed first."""
        query = select(Case).where(*_of(wanted)).order_by(Case.updated_at.desc(), Case.id.desc())
        return list(self._session.scalars(query.offset(offset).limit(limit)))


def _of(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    given = {Case.status: wanted.status, Case.owner: wanted.owner}
    return [column == value for column, value in given.items() if value is not None]
