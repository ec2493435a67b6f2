"""The outbox: messages that must reach Kafka if, and only if, their database transaction commits."""

from sqlalchemy import Float, Index, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.table import BigIdentity, TableBase


class OutboxMessage(TableBase):
    """One message to publish. It is sent after the commit, then marked; a crash in between sends it twice."""

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "sent_at"),)

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    topic: Mapped[str] = mapped_column(String)
    key: Mapped[bytes | None] = mapped_column(LargeBinary)
    value: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[float] = mapped_column(Float(53))
    sent_at: Mapped[float | None] = mapped_column(Float(53))
    sent_offset: Mapped[int | None] = mapped_column(BigIdentity)


class Outbox:
    """Adds and reads messages within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, topic: str, key: bytes | None, value: bytes | None, *, time: float) -> OutboxMessage:
        """Queue a message; it becomes visible when the unit of work commits.

        Args:
            topic: name of the topic.
            key: key of the record.
            value: value of the record.
            time: seconds since 1970.

        Returns:
            The message with its id.
        """
        message = OutboxMessage(topic=topic, key=key, value=value, created_at=time)
        self._session.add(message)
        self._session.flush()
        return message

    def pending(self, limit: int = 100) -> list[OutboxMessage]:
        """Return at most `limit` unsent messages, in the order in which they were queued."""
        query = select(OutboxMessage).where(OutboxMessage.sent_at.is_(None)).order_by(OutboxMessage.id)
        return list(self._session.scalars(query.limit(limit)))

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
