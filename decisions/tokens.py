"""Reads API tokens from the database."""

from __future__ import annotations

import time

from sqlalchemy import Engine

from storage import UnitOfWork


class StoredTokens:
    """The tokens of the console.

    Args:
        engine: the database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def scopes_of(self, digest: str) -> list[str] | None:
        """Return the scopes of a valid token, None of one that is unknown, revoked or expired.

        Raises:
            StorageUnavailable: the database does not answer.
        """
        with UnitOfWork(self._engine, reads_only=True) as unit:
            token = unit.tokens.find(digest, now=time.time())
            return None if token is None else list(token.scopes)
