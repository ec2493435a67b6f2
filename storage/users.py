"""Users of the console: name, role, and password hash or id at a provider."""

from collections.abc import Sequence

from sqlalchemy import Float, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.table import BigIdentity, TableBase


class User(TableBase):
    """One user. Users without a password sign in by a one-time link or by OpenID Connect."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("name"), UniqueConstraint("subject"))

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    role: Mapped[str] = mapped_column(String)
    password_hash: Mapped[str | None] = mapped_column(String)
    subject: Mapped[str | None] = mapped_column(String)
    """Id of the user at the OpenID provider."""
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[float] = mapped_column(Float(53))


class Users:
    """Adds and reads users within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, user: User) -> User:
        """Store a new user and return it with its id."""
        self._session.add(user)
        self._session.flush()
        return user

    def get(self, user_id: int) -> User | None:
        """Return the user of this id, or None; changes to it are written when the unit commits."""
        return self._session.get(User, user_id)

    def by_name(self, name: str) -> User | None:
        """Return the user of this name, or None."""
        return self._session.scalar(select(User).where(User.name == name))

    def of_subject(self, subject: str) -> User | None:
        """Return the user with this id at the OpenID provider, or None."""
        return self._session.scalar(select(User).where(User.subject == subject))

    def all(self) -> Sequence[User]:
        """Return every user, sorted by name."""
        return self._session.scalars(select(User).order_by(User.name)).all()
