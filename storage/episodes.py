"""Named sets of transactions flagged as one pattern, and what became of each."""

from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from storage.card_numbers import MaskedText
from storage.table import BigIdentity, TableBase

# The life of an episode. The first two end without a detector in force; the next two wait for a person.
REFUSED, DRAFT, WAITING, SHADOW, RECEIVED, ADAPTED, ANNOUNCED, LIVE, RETIRED = (
    "refused",
    "draft",
    "waiting",
    "shadow",
    "received",
    "adapted",
    "announced",
    "live",
    "retired",
)
STANDING = (WAITING, SHADOW, RECEIVED, ADAPTED, ANNOUNCED, LIVE)
"""Episodes whose transactions need no second flag."""
SUPPORT, LOOKALIKE = "support", "lookalike"


class EpisodeTransaction(TableBase):
    """One transaction's part in an episode: flagged as fraud, or a genuine lookalike."""

    __tablename__ = "episode_transactions"

    episode_id: Mapped[str] = mapped_column(ForeignKey("episodes.id", ondelete="CASCADE"), primary_key=True)
    transaction_id: Mapped[str] = mapped_column(String, primary_key=True)
    role: Mapped[str] = mapped_column(String)


class Episode(TableBase):
    """One request to flag; its id is derived from the request, so a repeated request is the same episode."""

    __tablename__ = "episodes"
    __table_args__ = (UniqueConstraint("request_id"), Index(None, "status"), Index(None, "name"))

    id: Mapped[str] = mapped_column(String, primary_key=True)
    request_id: Mapped[str] = mapped_column(String)
    name: Mapped[str] = mapped_column(MaskedText)
    author: Mapped[str] = mapped_column(MaskedText)
    status: Mapped[str] = mapped_column(String)
    reason: Mapped[str | None] = mapped_column(MaskedText)
    """Why it was refused, stayed a draft or was retired."""
    flagged_at: Mapped[float] = mapped_column(Float(53))
    detector_id: Mapped[str | None] = mapped_column(String)
    control_offset: Mapped[int | None] = mapped_column(BigIdentity)
    flag_to_adapted_ms: Mapped[float | None] = mapped_column(Float(53))
    flag_to_live_ms: Mapped[float | None] = mapped_column(Float(53))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What checks and gate found."""
    transactions: Mapped[list[EpisodeTransaction]] = relationship(
        cascade="all, delete-orphan", order_by=EpisodeTransaction.transaction_id
    )


class Episodes:
    """Adds and reads episodes within the caller's unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, episode: Episode) -> None:
        """Store a new episode with its transactions."""
        self._session.add(episode)

    def get(self, episode_id: str) -> Episode | None:
        """The episode of this id; changes to it are written when the unit commits."""
        return self._session.get(Episode, episode_id)

    def of_request(self, request_id: str) -> Episode | None:
        """The episode that this request made, if it was seen before."""
        return self._session.scalar(select(Episode).where(Episode.request_id == request_id))

    def of_detector(self, detector_id: str) -> Episode | None:
        """The episode that a detector was adapted from."""
        return self._session.scalar(select(Episode).where(Episode.detector_id == detector_id))

    def find_with_status(self, name: str, *statuses: str) -> Episode | None:
        """The latest episode in one of these states whose name, id or detector's id this is."""
        called = (Episode.name == name) | (Episode.id == name) | (Episode.detector_id == name)
        query = select(Episode).where(called, Episode.status.in_(statuses))
        return self._session.scalar(query.order_by(Episode.flagged_at.desc()).limit(1))

    def with_status(self, *statuses: str) -> list[Episode]:
        """Episodes in any of these states, oldest first."""
        wanted = Episode.status.in_(statuses)
        return list(self._session.scalars(select(Episode).where(wanted).order_by(Episode.flagged_at)))

    def find(self, name: str) -> Episode | None:
        """The episode of this id, else the latest one whose name or detector's id this is, in any state."""
        by_id = self._session.get(Episode, name)
        if by_id is not None:
            return by_id
        called = (Episode.name == name) | (Episode.detector_id == name)
        return self._session.scalar(
            select(Episode).where(called).order_by(Episode.flagged_at.desc()).limit(1)
        )

    def count(self, *statuses: str) -> int:
        """How many episodes there are; of some states where they are given."""
        query = select(func.count()).select_from(Episode)
        return self._session.scalar(query.where(Episode.status.in_(statuses)) if statuses else query) or 0

    def page(self, *statuses: str, offset: int, limit: int) -> list[Episode]:
        """One page, flagged last first; of some states where they are given."""
        query = select(Episode).order_by(Episode.flagged_at.desc(), Episode.id).offset(offset).limit(limit)
        return list(self._session.scalars(query.where(Episode.status.in_(statuses)) if statuses else query))

    def of_transaction(self, transaction_id: str) -> list[tuple[Episode, str]]:
        """The episodes that a transaction belongs to, with its role in each."""
        part = EpisodeTransaction
        query = select(Episode, part.role).join(part).where(part.transaction_id == transaction_id)
        return [(row[0], row[1]) for row in self._session.execute(query.order_by(Episode.flagged_at))]
