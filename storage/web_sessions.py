"""Sessions and one-time links of the console; only the SHA-256 of each secret is stored."""

from collections.abc import Sequence

from sqlalchemy import CursorResult, Float, ForeignKey, Index, String, delete, select, update
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
    browser: Mapped[str] = mapped_column(String)
    """What the browser calls itself, for the list of sessions."""
    created_at: Mapped[float] = mapped_column(Float(53))
    last_seen_at: Mapped[float] = mapped_column(Float(53))
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

    def find(self, digest: str, *, now: float, idle_s: float) -> tuple[WebSession, User] | None:
        """Find a valid session.

        Args:
            digest: SHA-256 of the secret, 64 hexadecimal digits.
            now: the current time, seconds since 1970.
            idle_s: seconds without use after which a session ends.

        Returns:
            The session with its user; None if it is unknown, expired or idle, or the user is not active.
        """
        found = self._session.get(WebSession, digest)
        user = self._session.get(User, found.user_id) if found else None
        if found is None or user is None or not user.active:
            return None
        if found.expires_at <= now or found.last_seen_at + idle_s <= now:
            return None
        return found, user

    def of_user(self, user_id: int, *, now: float, idle_s: float) -> Sequence[WebSession]:
        """Return a user's sessions that are neither expired nor idle, the one last used first."""
        row = WebSession
        valid = (row.user_id == user_id, row.expires_at > now, row.last_seen_at > now - idle_s)
        return self._session.scalars(select(row).where(*valid).order_by(row.last_seen_at.desc())).all()

    def touch(self, digest: str, *, now: float) -> None:
        """Note that a session was used at `now`, seconds since 1970."""
        row = WebSession
        self._session.execute(update(row).where(row.digest == digest).values(last_seen_at=now))

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

    def end_all_of(self, user_id: int, *, but: str = "") -> None:
        """Delete all sessions of a user but one of the digest `but`, for example after a change of role."""
        row = WebSession
        self._session.execute(delete(row).where(row.user_id == user_id, row.digest != but))

    def delete_expired(self, *, now: float) -> None:
        """Delete expired sessions and links; `now` is in seconds since 1970."""
        for table in (WebSession, OneTimeLink):
            self._session.execute(delete(table).where(table.expires_at <= now))
