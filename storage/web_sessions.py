"""Sessions and one-time links of the console; only the SHA-256 of each secret is stored."""

from sqlalchemy import CursorResult, Float, ForeignKey, Index, String, delete, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.table import BigIdentity, TableBase
from storage.users import User


class WebSession(TableBase):
    """One signed-in browser."""

    __tablename__ = "web_sessions"
    __table_args__ = (Index(None, "user_id"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigIdentity, ForeignKey("users.id", ondelete="CASCADE"))
    csrf: Mapped[str] = mapped_column(String)
    """Header value that every changing request must carry, so that other sites cannot send one."""
    address: Mapped[str] = mapped_column(String)
    created_at: Mapped[float] = mapped_column(Float(53))
    expires_at: Mapped[float] = mapped_column(Float(53))


class OneTimeLink(TableBase):
    """A link that signs its user in once."""

    __tablename__ = "one_time_links"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigIdentity, ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[float] = mapped_column(Float(53))
    used_at: Mapped[float | None] = mapped_column(Float(53))


class WebSessions:
    """Adds and reads sessions and one-time links within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: WebSession | OneTimeLink) -> None:
        """Store a new session or link."""
        self._session.add(row)

    def find(self, digest: str, *, now: float) -> tuple[WebSession, User] | None:
        """Find a valid session.

        Args:
            digest: SHA-256 of the secret, 64 hexadecimal digits.
            now: the current time, seconds since 1970.

        Returns:
            The session with its user; None if it is unknown or expired, or the user is not active.
        """
        found = self._session.get(WebSession, digest)
        user = self._session.get(User, found.user_id) if found else None
        if found is None or user is None or found.expires_at <= now or not user.active:
            return None
        return found, user

    def use_link(self, digest: str, *, now: float) -> User | None:
        """Use a one-time link; of two simultaneous uses only one succeeds.

        Args:
            digest: SHA-256 of the secret, 64 hexadecimal digits.
            now: the current time, seconds since 1970.

        Returns:
            The user of the link; None if the link is unknown, used or expired.
        """
        unused = (OneTimeLink.digest == digest, OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now)
        result = self._session.execute(update(OneTimeLink).where(*unused).values(used_at=now))
        assert isinstance(result, CursorResult)
        if result.rowcount == 0:
            return None
        link = self._session.get_one(OneTimeLink, digest)
        return self._session.get(User, link.user_id)

    def end(self, digest: str) -> None:
        """Delete the session of this digest."""
        self._session.execute(delete(WebSession).where(WebSession.digest == digest))

    def end_all_of(self, user_id: int) -> None:
        """Delete all sessions of a user, for example after a change of password or role."""
        self._session.execute(delete(WebSession).where(WebSession.user_id == user_id))

    def delete_expired(self, *, now: float) -> None:
        """Delete expired sessions and links; `now` is in seconds since 1970."""
        for table in (WebSession, OneTimeLink):
            self._session.execute(delete(table).where(table.expires_at <= now))
