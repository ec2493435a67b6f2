"""Who is signed in to the console. Of every secret only its SHA-256 is stored."""

from sqlalchemy import CursorResult, Float, ForeignKey, Index, String, delete, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.table import BigIdentity, TableBase
from storage.users import User


class WebSession(TableBase):
    """One browser that is signed in."""

    __tablename__ = "web_sessions"
    __table_args__ = (Index(None, "user_id"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigIdentity, ForeignKey("users.id", ondelete="CASCADE"))
    csrf: Mapped[str] = mapped_column(String)
    """What a changing request must carry as a header, so that no other site can send one."""
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
    """Adds and reads sessions and one-time links within the caller's unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: WebSession | OneTimeLink) -> None:
        """Store a new session or link."""
        self._session.add(row)

    def find(self, digest: str, *, now: float) -> tuple[WebSession, User] | None:
        """The session of this secret's digest with its user, unless it has expired or they may not enter."""
        found = self._session.get(WebSession, digest)
        user = self._session.get(User, found.user_id) if found else None
        if found is None or user is None or found.expires_at <= now or not user.active:
            return None
        return found, user

    def use_link(self, digest: str, *, now: float) -> User | None:
        """The link's user, once: of two that come at the same time one is answered None."""
        unused = (OneTimeLink.digest == digest, OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now)
        result = self._session.execute(update(OneTimeLink).where(*unused).values(used_at=now))
        assert isinstance(result, CursorResult)
        if result.rowcount == 0:
            return None
        link = self._session.get_one(OneTimeLink, digest)
        return self._session.get(User, link.user_id)

    def end(self, digest: str) -> None:
        """Sign this browser out."""
        self._session.execute(delete(WebSession).where(WebSession.digest == digest))

    def end_all_of(self, user_id: int) -> None:
        """Sign a user out everywhere, as after a change of password or role."""
        self._session.execute(delete(WebSession).where(WebSession.user_id == user_id))

    def delete_expired(self, *, now: float) -> None:
        """Delete what has expired."""
        for table in (WebSession, OneTimeLink):
            self._session.execute(delete(table).where(table.expires_at <= now))
