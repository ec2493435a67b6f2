"""Episodes: named sets of transactions flagged as one pattern, and their status."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from storage.masked_text import MaskedText
from storage.table import BigIdentity, TableBase

# Statuses of an episode. The first two end without a detector in force; the next two wait for a person.
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
UNDECIDED = (WAITING, SHADOW, DRAFT)
"""Statuses in which a person decides whether the episode goes live."""
STANDING = (WAITING, SHADOW, RECEIVED, ADAPTED, ANNOUNCED, LIVE)
"""Statuses in which the transactions of an episode need no second flag."""
SUPPORT, LOOKALIKE = "support", "lookalike"
REVIEW = "review"
"""In an episode's details: transactions that look like it (`alike`), and those to judge (`open`), by id."""
GROWTH_WAITS = "growth_waits"
"""In a live episode's details: why transactions that joined it wait for a person's approval."""
REFINED = "refined"
"""In a live episode's details: whether a refined detector was `taken`, and the finding in words (`said`)."""


class EpisodeTransaction(TableBase):
    """One transaction of an episode, with its role: SUPPORT (flagged as fraud) or LOOKALIKE (genuine).

    `approved_role` is the role under which a person, or the policy `auto`, let it into a live detector. It is
    None for a transaction that has joined since.
    """

    __tablename__ = "episode_transactions"

    episode_id: Mapped[str] = mapped_column(ForeignKey("episodes.id", ondelete="CASCADE"), primary_key=True)
    transaction_id: Mapped[str] = mapped_column(String, primary_key=True)
    role: Mapped[str] = mapped_column(String)
    approved_role: Mapped[str | None] = mapped_column(String)


class Episode(TableBase):
    """One episode. Its id is derived from the request, so a repeated request gives the same episode."""

    __tablename__ = "episodes"
    __table_args__ = (UniqueConstraint("request_id"), Index(None, "status"), Index(None, "name"))

    id: Mapped[str] = mapped_column(String, primary_key=True)
    request_id: Mapped[str] = mapped_column(String)
    name: Mapped[str] = mapped_column(MaskedText)
    author: Mapped[str] = mapped_column(MaskedText)
    status: Mapped[str] = mapped_column(String)
    reason: Mapped[str | None] = mapped_column(MaskedText)
    """Why the episode was refused, stayed a draft or was retired."""
    flagged_at: Mapped[float] = mapped_column(Float(53))
    detector_id: Mapped[str | None] = mapped_column(String)
    control_offset: Mapped[int | None] = mapped_column(BigIdentity)
    flag_to_adapted_ms: Mapped[float | None] = mapped_column(Float(53))
    flag_to_live_ms: Mapped[float | None] = mapped_column(Float(53))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Findings of the checks and the gate."""
    transactions: Mapped[list[EpisodeTransaction]] = relationship(
        cascade="all, delete-orphan", order_by=EpisodeTransaction.transaction_id
    )

    @property
    def flags(self) -> int:
        """Number of transactions flagged as fraud."""
        return sum(part.role == SUPPORT for part in self.transactions)

    @property
    def to_review(self) -> tuple[str, ...]:
        """Ids of transactions that look like the episode and that no analyst has judged yet."""
        return tuple(self.details.get(REVIEW, {}).get("open", ()))

    @property
    def growth_waits(self) -> str | None:
        """Why transactions that joined the live episode wait for approval; None where none do."""
        reason: str | None = self.details.get(GROWTH_WAITS)
        return reason

    @property
    def joined(self) -> list[EpisodeTransaction]:
        """Transactions that have no approval in their present role."""
        return [part for part in self.transactions if part.role != part.approved_role]

    def approve_members(self, transaction_ids: Collection[str]) -> None:
        """Approve these transactions in the roles that they have."""
        for part in self.transactions:
            if part.transaction_id in transaction_ids:
                part.approved_role = part.role


class Episodes:
    """Adds and reads episodes within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, episode: Episode) -> None:
        """Store a new episode with its transactions."""
        self._session.add(episode)

    def get(self, episode_id: str) -> Episode | None:
        """Return the episode of this id, or None; changes to it are written when the unit commits."""
        return self._session.get(Episode, episode_id)

    def of_request(self, request_id: str) -> Episode | None:
        """Return the episode of this request, or None if the request is new."""
        return self._session.scalar(select(Episode).where(Episode.request_id == request_id))

    def of_detector(self, detector_id: str) -> Episode | None:
        """Return the episode that a detector was adapted from, or None."""
        return self._session.scalar(select(Episode).where(Episode.detector_id == detector_id))

    def find_with_status(self, name: str, *statuses: str) -> Episode | None:
        """Find the latest episode in one of these states.

        Args:
            name: name or id of the episode, or id of its detector.
            *statuses: allowed statuses.

        Returns:
            The episode flagged last, or None.
        """
        called = (Episode.name == name) | (Episode.id == name) | (Episode.detector_id == name)
        query = select(Episode).where(called, Episode.status.in_(statuses))
        return self._session.scalar(query.order_by(Episode.flagged_at.desc()).limit(1))

    def with_status(self, *statuses: str) -> list[Episode]:
        """Return the episodes in any of these states, oldest first."""
        wanted = Episode.status.in_(statuses)
        return list(self._session.scalars(select(Episode).where(wanted).order_by(Episode.flagged_at)))

    def undecided(self) -> list[Episode]:
        """Return the episodes that wait for a person, oldest first, live ones whose growth waits included."""
        grown = [episode for episode in self.with_status(LIVE) if episode.growth_waits]
        return sorted([*self.with_status(*UNDECIDED), *grown], key=lambda episode: episode.flagged_at)

    def find(self, name: str) -> Episode | None:
        """Find an episode in any state.

        Args:
            name: id of the episode; else its name, or the id of its detector.

        Returns:
            The episode of this id, else the one flagged last that matches, or None.
        """
        by_id = self._session.get(Episode, name)
        if by_id is not None:
            return by_id
        called = (Episode.name == name) | (Episode.detector_id == name)
        return self._session.scalar(
            select(Episode).where(called).order_by(Episode.flagged_at.desc()).limit(1)
        )

    def count(self, *statuses: str) -> int:
        """Count episodes in any of these states; without arguments, all of them."""
        query = select(func.count()).select_from(Episode)
        return self._session.scalar(query.where(Episode.status.in_(statuses)) if statuses else query) or 0

    def page(self, *statuses: str, offset: int, limit: int) -> list[Episode]:
        """Return one page of episodes, the one flagged last first.

        Args:
            *statuses: allowed statuses; none allows all.
            offset: number of episodes to skip.
            limit: at most this many.

        Returns:
            The episodes of the page.
        """
        query = select(Episode).options(selectinload(Episode.transactions))
        query = query.order_by(Episode.flagged_at.desc(), Episode.id).offset(offset).limit(limit)
        return list(self._session.scalars(query.where(Episode.status.in_(statuses)) if statuses else query))

    def of_transaction(self, transaction_id: str) -> list[tuple[Episode, str]]:
        """Return the episodes that a transaction belongs to with its role in each, oldest first."""
        part = EpisodeTransaction
        query = select(Episode, part.role).join(part).where(part.transaction_id == transaction_id)
        return [(row[0], row[1]) for row in self._session.execute(query.order_by(Episode.flagged_at))]
