"""Random secrets; `storage.api_tokens.digest_of` makes the digests that are stored of them."""

import secrets

_BYTES, _LINK_BYTES = 32, 16


def new_secret() -> str:
    """Return 256 random bits, safe in cookies, headers and addresses."""
    return secrets.token_urlsafe(_BYTES)


def new_link_secret() -> str:
    """Return 128 random bits: enough for a link that lives an hour, and short enough for a terminal line."""
    return secrets.token_urlsafe(_LINK_BYTES)
