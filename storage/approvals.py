"""Who approved or rejected an episode that waited for a person, and why."""

from sqlalchemy import Float, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.card_numbers import MaskedText
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
    """Adds and reads decisions within the caller's unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, approval: Approval) -> None:
        """Store a decision."""
        self._session.add(approval)

    def count(self) -> int:
        """How many decisions there are."""
        return self._session.scalar(select(func.count()).select_from(Approval)) or 0

    def page(self, *, offset: int, limit: int) -> list[Approval]:
        """One page, newest first."""
        query = select(Approval).order_by(Approval.id.desc()).offset(offset).limit(limit)
        return list(self._session.scalars(query))

    def of_episode(self, episode_id: str) -> list[Approval]:
        """Decisions on one episode, oldest first."""
        query = select(Approval).where(Approval.episode_id == episode_id).order_by(Approval.id)
        return list(self._session.scalars(query))
