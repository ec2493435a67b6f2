"""Encrypts small secrets of users for the database, with a key that the database does not hold."""

from __future__ import annotations

import base64
import secrets

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class SealBroken(Exception):
    """The text was sealed with another secret, or changed."""


class Seal:
    """Seals text with a key derived from the console's own secret.

    Example:
        >>> seal = Seal(b"a secret of enough length")
        >>> seal.open(seal.close("JBSWY3DP"))
        'JBSWY3DP'
    """

    def __init__(self, secret: bytes) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=b"flagfive console: secrets of users").derive(secret)
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    @classmethod
    def that_ends_with_the_process(cls) -> Seal:
        """Return a seal of a random secret; nothing that it sealed can be opened later."""
        return cls(secrets.token_bytes(32))

    def close(self, text: str) -> str:
        """Return `text`, encrypted and authenticated."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return the text.

        Raises:
            SealBroken: another secret sealed it, or it was changed.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise SealBroken("sealed with another console secret, or changed") from None
