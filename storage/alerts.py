"""Alerts: transactions over the threshold, with the reasons that an analyst reads."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import JSON, Float, Index, String, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.bulk import Row, Upsert
from storage.scored_transactions import IDS_PER_QUERY, ScoredTransaction
from storage.table import BigIdentity, TableBase

OPEN, CONFIRMED, REJECTED = "open", "confirmed", "rejected"
QUEUE = (
    "status",
    "priority",
    "raised_at",
    "surprise",
    "amount",
    "scorer",
    "card",
    "assignee",
    "snoozed_until",
)


class AlertRow(TableBase):
    """One alert, identified by partition and offset of its transaction in the input topic."""

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("source_partition", "source_offset"),
        Index(None, "status", "raised_at"),
        Index(None, "transaction_id"),
        # Holds every column that the queue filters and sorts by, so that a page reads the index only.
        Index("ix_alerts_queue", *QUEUE),
        Index(None, "card", "raised_at"),
        # Counts by scorer and status read this index only.
        Index(None, "scorer", "status", "amount"),
        # One queue is a small part of the alerts.
        Index(None, "queue", "status", "priority"),
        # What each cause spent of the budget in some days is counted from this index only.
        Index("ix_alerts_raised_at_scorer", "raised_at", "scorer", "cause", "status"),
    )

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    source_partition: Mapped[int]
    source_offset: Mapped[int] = mapped_column(BigIdentity)
    transaction_id: Mapped[str] = mapped_column(String)
    raised_at: Mapped[float] = mapped_column(Float(53))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The alert as it was published: amount, surprise, winner, reasons."""
    status: Mapped[str] = mapped_column(String, server_default=OPEN)
    amount: Mapped[float] = mapped_column(Float(53), server_default="0")
    surprise: Mapped[float] = mapped_column(Float(53), server_default="0")
    priority: Mapped[float] = mapped_column(Float(53), server_default="0")
    """Order of the queue, from `priority_of`; the highest comes first."""
    scorer: Mapped[str] = mapped_column(String, server_default="")
    """Id of the detector that decided, or `base`, or `block`."""
    card: Mapped[str] = mapped_column(String, server_default="")
    """Key of the primary entity."""
    assignee: Mapped[str | None] = mapped_column(String)
    snoozed_until: Mapped[float | None] = mapped_column(Float(53))
    queue: Mapped[str] = mapped_column(String, server_default="")
    """The queue that a written rule routed it to; empty for none."""
    tags: Mapped[str] = mapped_column(String, server_default="")
    """Tags of written rules, from `joined_tags`."""
    cause: Mapped[str] = mapped_column(String, server_default="")
    """What raised it in place of the threshold, as in `contracts.alert.Alert`."""


def joined_tags(tags: Sequence[str]) -> str:
    """Return tags as one text in which each stands between commas.

    >>> joined_tags(["gift-cards", "night"])
    ',gift-cards,night,'
    """
    return f",{','.join(tags)}," if tags else ""


def priority_of(surprise: float, amount: float) -> float:
    """Combine rarity and money: ten times the amount counts like a score ten times as rare.

    Args:
        surprise: surprise of the transaction.
        amount: amount in the currency of the transaction; negative amounts count as 0.

    Returns:
        The priority; higher comes first.

    Example:
        >>> priority_of(4.0, 99.0) == priority_of(5.0, 9.0)
        True
    """
    return surprise + math.log10(1.0 + max(amount, 0.0))


COLUMNS = (
    "source_partition",
    "source_offset",
    "transaction_id",
    "raised_at",
    "body",
    "amount",
    "surprise",
    "priority",
    "scorer",
    "card",
    "queue",
    "tags",
    "cause",
)
_UNMARKED = ("", "", "")
_INSERT = Upsert(AlertRow.__tablename__, COLUMNS, ("source_partition", "source_offset"))


class Alerts:
    """Adds and reads alerts within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_many(self, rows: Iterable[Row]) -> int:
        """Insert alerts; those already stored are skipped.

        Args:
            rows: values in the order of `COLUMNS`, `body` as JSON text; queue, tags and cause may lack.

        Returns:
            Rows that are new.
        """
        return _INSERT.run(self._session, ((*row, *_UNMARKED)[: len(COLUMNS)] for row in rows))

    def newest(self, limit: int, *, status: str | None = None) -> list[AlertRow]:
        """Return the newest alerts, newest first.

        Args:
            limit: at most this many.
            status: only alerts of this status; None for all.

        Returns:
            The alerts.
        """
        query = select(AlertRow).order_by(AlertRow.raised_at.desc(), AlertRow.id.desc()).limit(limit)
        return list(
            self._session.scalars(query if status is None else query.where(AlertRow.status == status))
        )

    def bodies(self, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], dict[str, Any]]:
        """Return alerts as they were published.

        Args:
            places: partition and offset of transactions, at most `IDS_PER_QUERY`.

        Returns:
            The alerts by partition and offset; transactions without an alert are left out.
        """
        row, wanted = AlertRow, set(places)
        if not wanted:
            return {}
        here = row.source_offset.in_({offset for _, offset in wanted})
        query = select(row.source_partition, row.source_offset, row.body).where(
            row.source_partition.in_({partition for partition, _ in wanted}), here
        )
        found = {(partition, offset): body for partition, offset, body in self._session.execute(query)}
        return {place: body for place, body in found.items() if place in wanted}

    def set_status(self, transaction_ids: Sequence[str], status: str) -> None:
        """Set the status of the alerts of these transactions; transactions without an alert are ignored.

        Args:
            transaction_ids: ids of transactions, any number.
            status: OPEN, CONFIRMED or REJECTED.
        """
        for start in range(0, len(transaction_ids), IDS_PER_QUERY):
            chosen = AlertRow.transaction_id.in_(transaction_ids[start : start + IDS_PER_QUERY])
            self._session.execute(update(AlertRow).where(chosen).values(status=status))

    def count_by_status(self, scorer: str) -> dict[str, int]:
        """Count the alerts of one scorer by status; `scorer` is an id of a detector or base."""
        row = ScoredTransaction
        query = (
            select(AlertRow.status, func.count())
            .join(
                row,
                (row.source_partition == AlertRow.source_partition)
                & (row.source_offset == AlertRow.source_offset),
            )
            .where(row.winner_id == scorer)
            .group_by(AlertRow.status)
        )
        return {row.status: row[1] for row in self._session.execute(query)}

    def count(self, *, status: str | None = None) -> int:
        """Count alerts, of one status or of all."""
        query = select(func.count(AlertRow.id))
        return self._session.scalar(query if status is None else query.where(AlertRow.status == status)) or 0
