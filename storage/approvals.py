"""Approvals and rejections of episodes that waited for a person."""

from sqlalchemy import Float, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.masked_text import MaskedText
from storage.table import BigIdentity, TableBase

APPROVED, REJECTED = "approved", "rejected"


class Approval(TableBase):
    """One decision on one episode."""

    __tablename__ = "approvals"
    __table_args__ = (Index(None, "episode_id"),)

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    episode_id: Mapped[str] = mapped_column(String)
    episode: Mapped[str] = mapped_column(MaskedText)
    """The episode's name."""
    flagged_by: Mapped[str] = mapped_column(MaskedText)
    decision: Mapped[str] = mapped_column(String)
    author: Mapped[str] = mapped_column(MaskedText)
    note: Mapped[str] = mapped_column(MaskedText)
    time: Mapped[float] = mapped_column(Float(53))


class Approvals:
    """Adds and reads decisions within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, approval: Approval) -> None:
        """Store a decision."""
        self._session.add(approval)

    def count(self) -> int:
        """Count all decisions."""
        return self._session.scalar(select(func.count()).select_from(Approval)) or 0

    def page(self, *, offset: int, limit: int) -> list[Approval]:
        """Return one page of decisions, newest first."""
        query = select(Approval).order_by(Approval.id.desc()).offset(offset).limit(limit)
        return list(self._session.scalars(query))

    def of_episode(self, episode_id: str) -> list[Approval]:
        """Return the decisions on one episode, oldest first."""
        query = select(Approval).where(Approval.episode_id == episode_id).order_by(Approval.id)
        return list(self._session.scalars(query))
