"""Passwords, kept as Argon2id hashes with the library's own parameters (RFC 9106, low memory).

One hash takes 64 MiB and about 50 ms of every core that it gets. So few run at once, few requests may wait
for their turn, and the caller must not hold a database transaction meanwhile.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from console.errors import Busy

FEWEST_CHARACTERS, MOST_CHARACTERS = 12, 200
"""The upper bound limits the cost of hashing what a sender chooses."""
AT_ONCE = 2
"""Hashes computed at the same time: 128 MiB."""
ADMITTED = 16
"""Requests that hash or wait for it; each holds one of the 40 threads that serve requests."""

_HASHER = PasswordHasher()
# Verified for unknown users, so that a wrong name takes as long as a wrong password.
_NO_USER = _HASHER.hash("no user has this password")
_ADMISSION, _TURN = BoundedSemaphore(ADMITTED), BoundedSemaphore(AT_ONCE)


def hash_password(password: str) -> str:
    """Return the hash to store; it includes salt and parameters.

    Raises:
        Busy: too many requests wait for a hash.
    """
    with _turn():
        return _HASHER.hash(password)


def is_password(stored: str | None, password: str) -> bool:
    """Return whether `password` matches the hash; without a hash, False after the same time.

    Raises:
        Busy: too many requests wait for a hash.
    """
    with _turn():
        try:
            return _HASHER.verify(stored or _NO_USER, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


@contextmanager
def _turn() -> Iterator[None]:
    if not _ADMISSION.acquire(blocking=False):
        raise Busy("many people sign in right now: try again in a moment", where="password", wait_s=1)
    try:
        with _TURN:
            yield
    finally:
        _ADMISSION.release()
