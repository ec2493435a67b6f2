"""Tokens with which machines call the API of the console; only the SHA-256 of each secret is stored."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import JSON, Float, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.table import BigIdentity, TableBase

ACTS_AS = "token "
"""Before the name of a token where it acts as an author: no user has such a name."""
DECISIONS_SCOPE = "decisions"
"""Scope of a token that may ask for decisions."""


def digest_of(secret: str) -> str:
    """Return SHA-256 in hex. Random secrets cannot be guessed, so no salt or slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiToken(TableBase):
    """One token with its scopes. Revoked tokens stay stored, since the audit log refers to their names."""

    __tablename__ = "api_tokens"
    __table_args__ = (UniqueConstraint("digest"), UniqueConstraint("name"))

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    digest: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    author: Mapped[str] = mapped_column(String)
    created_at: Mapped[float] = mapped_column(Float(53))
    expires_at: Mapped[float | None] = mapped_column(Float(53))
    revoked_at: Mapped[float | None] = mapped_column(Float(53))


class ApiTokens:
    """Adds and reads tokens within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, token: ApiToken) -> ApiToken:
        """Store a new token and return it with its id."""
        self._session.add(token)
        self._session.flush()
        return token

    def get(self, token_id: int) -> ApiToken | None:
        """Return the token of this id, or None; changes to it are written when the unit commits."""
        return self._session.get(ApiToken, token_id)

    def by_name(self, name: str) -> ApiToken | None:
        """Return the token of this name, revoked or not, or None."""
        return self._session.scalar(select(ApiToken).where(ApiToken.name == name))

    def find(self, digest: str, *, now: float) -> ApiToken | None:
        """Find a valid token.

        Args:
            digest: SHA-256 of the secret, 64 hexadecimal digits.
            now: the current time, seconds since 1970.

        Returns:
            The token, or None if it is unknown, revoked or expired.
        """
        token = self._session.scalar(select(ApiToken).where(ApiToken.digest == digest))
        if token is None or token.revoked_at is not None:
            return None
        return None if token.expires_at is not None and token.expires_at <= now else token

    def maker_of(self, author: str) -> str | None:
        """Return who made the token that acts under the name `author`; None where it names no token."""
        if not author.startswith(ACTS_AS):
            return None
        token = self.by_name(author.removeprefix(ACTS_AS))
        return token.author if token else None

    def all(self) -> Sequence[ApiToken]:
        """Return every token, newest first."""
        return self._session.scalars(select(ApiToken).order_by(ApiToken.id.desc())).all()
