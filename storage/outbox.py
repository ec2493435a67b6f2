"""The outbox: messages that must reach Kafka if, and only if, their database transaction commits.

A message that cannot be sent is parked with its cause. Messages of its lane, such as an episode, wait behind
it, so that their order holds. All others go on.
"""

from sqlalchemy import Float, Index, LargeBinary, String, exists, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from contracts.card_numbers import mask_card_numbers
from storage.table import BigIdentity, TableBase


class OutboxMessage(TableBase):
    """One message to publish. It is sent after the commit, then marked; a crash in between sends it twice.

    Attributes:
        lane: what keeps its order among messages of a topic; an empty lane has none.
        parked_at: since when it cannot be sent, seconds since 1970; None otherwise.
        cause: why it cannot be sent.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "sent_at"),)

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    topic: Mapped[str] = mapped_column(String)
    key: Mapped[bytes | None] = mapped_column(LargeBinary)
    value: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[float] = mapped_column(Float(53))
    sent_at: Mapped[float | None] = mapped_column(Float(53))
    sent_offset: Mapped[int | None] = mapped_column(BigIdentity)
    lane: Mapped[str] = mapped_column(String, server_default="")
    parked_at: Mapped[float | None] = mapped_column(Float(53))
    cause: Mapped[str | None] = mapped_column(String)


_LONGEST_CAUSE = 1_000  # characters


class Outbox:
    """Adds and reads messages within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self, topic: str, key: bytes | None, value: bytes | None, *, time: float, lane: str = ""
    ) -> OutboxMessage:
        """Queue a message; it becomes visible when the unit of work commits.

        Args:
            topic: name of the topic.
            key: key of the record.
            value: value of the record.
            time: seconds since 1970.
            lane: messages of one lane are sent in their order; empty for a message that waits for no other.

        Returns:
            The message with its id.
        """
        message = OutboxMessage(topic=topic, key=key, value=value, created_at=time, lane=lane)
        self._session.add(message)
        self._session.flush()
        return message

    def pending(self, limit: int = 100) -> list[OutboxMessage]:
        """Return at most `limit` messages to send now, in the order in which they were queued.

        Parked messages, and those that wait behind one in its lane, are not among them.
        """
        row, first = OutboxMessage, aliased(OutboxMessage)
        behind = exists().where(
            first.topic == row.topic,
            first.lane == row.lane,
            first.lane != "",
            first.id < row.id,
            first.sent_at.is_(None),
            first.parked_at.is_not(None),
        )
        query = select(row).where(row.sent_at.is_(None), row.parked_at.is_(None), ~behind)
        return list(self._session.scalars(query.order_by(row.id).limit(limit)))

    def parked(self, limit: int = 100) -> list[OutboxMessage]:
        """Return at most `limit` messages that could not be sent, the oldest first."""
        row = OutboxMessage
        query = select(row).where(row.sent_at.is_(None), row.parked_at.is_not(None))
        return list(self._session.scalars(query.order_by(row.id).limit(limit)))

    def park(self, message_id: int, *, time: float, cause: str) -> None:
        """Set a message aside.

        Args:
            message_id: id of the message.
            time: when it could not be sent, seconds since 1970.
            cause: why; card numbers in it are masked.
        """
        message = self._session.get_one(OutboxMessage, message_id)
        message.parked_at, message.cause = time, mask_card_numbers(cause)[:_LONGEST_CAUSE]

    def retry(self, message_id: int) -> bool:
        """Make a parked message pending again; return False where no message of this id is parked."""
        message = self._parked(message_id)
        if message is not None:
            message.parked_at = message.cause = None
        return message is not None

    def discard(self, message_id: int) -> bool:
        """Delete a parked message, so that its lane goes on; return False where none of this id is parked."""
        message = self._parked(message_id)
        if message is not None:
            self._session.delete(message)
        return message is not None

    def _parked(self, message_id: int) -> OutboxMessage | None:
        message = self._session.get(OutboxMessage, message_id)
        return message if message is not None and message.parked_at and message.sent_at is None else None

    def latest(self, topic: str, limit: int = 100) -> list[bytes]:
        """Return the values of the newest messages of a topic, sent or not, newest first."""
        query = select(OutboxMessage.value).where(OutboxMessage.topic == topic)
        values = self._session.scalars(query.order_by(OutboxMessage.id.desc()).limit(limit))
        return [value for value in values if value is not None]

    def mark_sent(self, message_id: int, *, time: float, offset: int) -> None:
        """Mark a message as sent.

        Args:
            message_id: id of the message.
            time: when it was sent, seconds since 1970.
            offset: its offset in the topic.
        """
        message = self._session.get_one(OutboxMessage, message_id)
        message.sent_at, message.sent_offset = time, offset
