"""Keys of the audit log. The database does not hold them, so who rewrites a table cannot forge entries."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine

from storage.errors import UnusableAuditKey

FEWEST_CHARACTERS = 16
OPTION = "audit_keys"
"""Name of the engine's option that carries the keys to every unit of work."""
_ID_DIGITS = 16


@dataclass(frozen=True)
class AuditKey:
    """One secret; `key_id` names it in entries and does not lead back to it."""

    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Sixteen hexadecimal digits that depend on the secret alone."""
        return hmac.digest(self.secret, b"flagfive: id of an audit key", hashlib.sha256).hex()[:_ID_DIGITS]

    def seal(self, content: bytes) -> str:
        """Return HMAC-SHA256 of `content`, 64 hexadecimal digits."""
        return hmac.digest(self.secret, content, hashlib.sha256).hex()


@dataclass(frozen=True)
class AuditKeys:
    """The key that seals new entries, and every key that verifies older ones."""

    current: AuditKey
    older: Sequence[AuditKey] = ()

    @classmethod
    def read(cls, text: str) -> AuditKeys:
        """Read secrets separated by commas; the first one seals.

        Raises:
            UnusableAuditKey: a secret is shorter than 16 characters.

        Example:
            >>> len(AuditKeys.read("a new secret of length, an old secret of length").older)
            1
        """
        secrets = [one.strip() for one in text.split(",")]
        for one in secrets:
            if len(one) < FEWEST_CHARACTERS:
                raise UnusableAuditKey(len(one), FEWEST_CHARACTERS)
        first, *older = (AuditKey(one.encode()) for one in secrets)
        return cls(first, older)

    def find(self, key_id: str) -> AuditKey | None:
        """Return the key of this id, or None."""
        return next((one for one in (self.current, *self.older) if one.key_id == key_id), None)


def keys_of(engine: Engine) -> AuditKeys | None:
    """Return the keys that `open_engine` was given."""
    keys: AuditKeys | None = engine.get_execution_options().get(OPTION)
    return keys
