"""Passwords, kept as Argon2id hashes with the library's own parameters (RFC 9106, low memory)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

FEWEST_CHARACTERS, MOST_CHARACTERS = 12, 200
"""A passphrase fits; the upper bound keeps hashing cheap for whoever sends megabytes."""

_HASHER = PasswordHasher()
# Compared with where there is no such user, so that a wrong name takes as long as a wrong password.
_NOBODY = _HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    """The hash to store, salt and parameters in it."""
    return _HASHER.hash(password)


def is_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the one that `stored` was made of; False where there is none, as slowly."""
    try:
        return _HASHER.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
