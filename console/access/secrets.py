"""Random secrets: what is given out, and the digest that is stored of it."""

import hashlib
import secrets

_BYTES, _LINK_BYTES = 32, 16


def new_secret() -> str:
    """256 random bits, fit for a cookie, a header and an address."""
    return secrets.token_urlsafe(_BYTES)


def new_link_secret() -> str:
    """128 random bits, enough for an hour, so that the whole link fits into a line of a terminal."""
    return secrets.token_urlsafe(_LINK_BYTES)


def digest_of(secret: str) -> str:
    """SHA-256 in hex: of so many random bits nobody guesses the origin; no salt, no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
