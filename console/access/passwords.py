"""Passwords, kept as Argon2id hashes with the library's own parameters (RFC 9106, low memory)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

FEWEST_CHARACTERS, MOST_CHARACTERS = 12, 200
"""The upper bound limits the cost of hashing what a sender chooses."""

_HASHER = PasswordHasher()
# Verified for unknown users, so that a wrong name takes as long as a wrong password.
_NO_USER = _HASHER.hash("no user has this password")


def hash_password(password: str) -> str:
    """Return the hash to store; it includes salt and parameters."""
    return _HASHER.hash(password)


def is_password(stored: str | None, password: str) -> bool:
    """Return whether `password` matches the hash; without a hash, False after the same time."""
    try:
        return _HASHER.verify(stored or _NO_USER, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
