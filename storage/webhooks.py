"""Webhooks: deliveries that wait, and the log of those that are finished."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Float,
    Index,
    String,
    Text,
    UniqueConstraint,
    delete,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from contracts.card_numbers import mask_card_numbers
from storage.bulk import Upsert
from storage.masked_text import MaskedText
from storage.table import BigIdentity, TableBase

WAITING, SENT, FAILED = "waiting", "sent", "failed"
STATES = (WAITING, SENT, FAILED)
LONGEST_CAUSE = 500  # characters


class Delivery(TableBase):
    """One event for one endpoint. It waits until `sent_at` or `failed_at` is set.

    Attributes:
        event: id of the event, the same at every try; the receiver recognises repeats by it.
        kind: type of the event, such as `alert.raised`.
        subject: what it is about; deliveries about one subject are sent in their order.
        queued_at: since when it waits, seconds since 1970; a retry by hand sets it anew.
        next_at: the next try, seconds since 1970; 0 until the first one.
        status: HTTP status of the last answer; None where none came.
        cause: why the last try failed.
        transaction_id: the transaction, where it is about one.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint", "event"),
        Index(None, "endpoint", "sent_at", "failed_at", "next_at"),
        Index(None, "endpoint", "subject"),
        Index(None, "transaction_id"),
    )

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    endpoint: Mapped[str] = mapped_column(String)
    event: Mapped[str] = mapped_column(String)
    kind: Mapped[str] = mapped_column(String)
    subject: Mapped[str] = mapped_column(MaskedText)
    body: Mapped[str] = mapped_column(Text)
    transaction_id: Mapped[str | None] = mapped_column(String)
    queued_at: Mapped[float] = mapped_column(Float(53))
    next_at: Mapped[float] = mapped_column(Float(53))
    attempts: Mapped[int] = mapped_column(server_default="0")
    sent_at: Mapped[float | None] = mapped_column(Float(53))
    failed_at: Mapped[float | None] = mapped_column(Float(53))
    status: Mapped[int | None]
    cause: Mapped[str | None] = mapped_column(String)


class Sender(TableBase):
    """Who sends to an endpoint, until when, and how far the audit log was read for it."""

    __tablename__ = "webhook_senders"

    endpoint: Mapped[str] = mapped_column(String, primary_key=True)
    holder: Mapped[str] = mapped_column(String)
    until: Mapped[float] = mapped_column(Float(53))
    position: Mapped[int] = mapped_column(BigIdentity)


@dataclass(frozen=True)
class NewDelivery:
    """An event to send to an endpoint; `transaction_id` where it is about a transaction."""

    endpoint: str
    event: str
    kind: str
    subject: str
    body: str
    transaction_id: str | None = None


_COLUMNS = (
    "endpoint", "event", "kind", "subject", "body", "transaction_id", "queued_at", "next_at",
)  # fmt: skip
_INSERT = Upsert(Delivery.__tablename__, _COLUMNS, ("endpoint", "event"))
_CLAIM = Upsert(Sender.__tablename__, ("endpoint", "holder", "until", "position"), ("endpoint",))


class Webhooks:
    """Adds, reads and finishes deliveries within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, deliveries: Iterable[NewDelivery], *, now: float) -> int:
        """Queue deliveries; an event that an endpoint has already is skipped. Return how many are new."""
        rows = [
            (
                one.endpoint, one.event, one.kind, mask_card_numbers(one.subject),
                mask_card_numbers(one.body), one.transaction_id, now, 0.0,
            )
            for one in deliveries
        ]  # fmt: skip
        return _INSERT.run(self._session, rows)

    def claim(self, endpoint: str, holder: str, *, now: float, until: float, position: int) -> Sender | None:
        """Become or stay the only sender to an endpoint, or return None where another one is.

        Args:
            endpoint: name of the endpoint.
            holder: id of this process.
            now: seconds since 1970.
            until: when another process may take over.
            position: where to start in the audit log, if no one has sent to this endpoint before.

        Returns:
            The row of the endpoint; changes to it are written when the unit commits.
        """
        _CLAIM.run(self._session, [(endpoint, holder, until, position)])
        query = select(Sender).where(Sender.endpoint == endpoint).with_for_update()
        found = self._session.scalars(query.execution_options(populate_existing=True)).one()
        if found.holder != holder and found.until > now:
            return None
        found.holder, found.until = holder, until
        return found

    def due(self, endpoint: str, *, now: float, limit: int = 50) -> list[Delivery]:
        """Return deliveries to try now, in their order; none waits behind another of its subject."""
        row, first = Delivery, aliased(Delivery)
        behind = exists().where(
            first.endpoint == row.endpoint,
            first.subject == row.subject,
            first.id < row.id,
            first.sent_at.is_(None),
            first.failed_at.is_(None),
        )
        query = select(row).where(row.endpoint == endpoint, _in(WAITING), row.next_at <= now, ~behind)
        return list(self._session.scalars(query.order_by(row.id).limit(limit)))

    def get(self, delivery_id: int) -> Delivery | None:
        """Return the delivery of this id, or None; changes to it are written when the unit commits."""
        return self._session.get(Delivery, delivery_id)

    def retry(self, delivery_id: int, *, now: float) -> bool:
        """Make a failed delivery wait again; return False where none of this id has failed."""
        found = self.get(delivery_id)
        if found is None or found.failed_at is None:
            return False
        found.failed_at, found.attempts, found.queued_at, found.next_at = None, 0, now, now
        return True

    def count(self, *, endpoint: str | None = None, state: str | None = None) -> int:
        """Count deliveries, of one endpoint and state or of all."""
        query = select(func.count()).select_from(Delivery).where(*_wanted(endpoint, state))
        return self._session.scalar(query) or 0

    def page(
        self, *, endpoint: str | None = None, state: str | None = None, offset: int = 0, limit: int = 50
    ) -> list[Delivery]:
        """Return one page of the log, newest first."""
        query = select(Delivery).where(*_wanted(endpoint, state)).order_by(Delivery.id.desc())
        return list(self._session.scalars(query.offset(offset).limit(limit)))

    def delete_finished(self, endpoint: str, *, before: float) -> int:
        """Delete deliveries that were sent or given up before a time, and return their number."""
        old = (Delivery.sent_at < before) | (Delivery.failed_at < before)
        result = self._session.execute(delete(Delivery).where(Delivery.endpoint == endpoint, old))
        assert isinstance(result, CursorResult)
        return result.rowcount


def _wanted(endpoint: str | None, state: str | None) -> list[ColumnElement[bool]]:
    chosen = [] if endpoint is None else [Delivery.endpoint == endpoint]
    return chosen if state is None else [*chosen, _in(state)]


def _in(state: str) -> ColumnElement[bool]:
    return {
        WAITING: Delivery.sent_at.is_(None) & Delivery.failed_at.is_(None),
        SENT: Delivery.sent_at.is_not(None),
        FAILED: Delivery.failed_at.is_not(None),
    }[state]
