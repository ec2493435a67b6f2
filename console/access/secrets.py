"""Random secrets: what is given out, and the digest that is stored of it."""

import hashlib
import secrets

_BYTES = 32


def new_secret() -> str:
    """256 random bits, fit for a cookie, a header and an address."""
    return secrets.token_urlsafe(_BYTES)


def digest_of(secret: str) -> str:
    """SHA-256 in hex: of 256 random bits nobody guesses the origin, so no salt and no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
