"""Masks card tokens, and encrypts them into references for addresses and filters."""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PREFIX = "~"
"""First character of a reference, which tells it from a key."""
BIN, LAST = 6, 4
_SIV_BYTES = 64


class CardTokens:
    """Masks keys of the primary entity, and converts them to references and back.

    A reference is the encrypted key (AES-SIV). Equal keys give equal references, so references can be
    compared and used in addresses. Only a console with the same secret can decrypt them. Keys of other
    entities (merchants, devices) are not masked.
    """

    def __init__(self, kind: str, secret: bytes) -> None:
        self.kind = kind
        derived = HKDF(SHA256(), _SIV_BYTES, salt=None, info=b"flagfive console: references to cards")
        self._cipher = AESSIV(derived.derive(secret))

    def shown(self, kind: str, key: str) -> str:
        """Return the key for display: masked if it is a card."""
        return mask(key) if kind == self.kind else key

    def reference(self, kind: str, key: str) -> str:
        """Return the reference of a card, or the key itself for other kinds."""
        if kind != self.kind or not key:
            return key
        sealed = self._cipher.encrypt(key.encode(), [b"card"])
        return PREFIX + base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def key(self, reference: str) -> str:
        """Return the key of a reference; other text is returned as it is."""
        if not reference.startswith(PREFIX):
            return reference
        text = reference.removeprefix(PREFIX)
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            return self._cipher.decrypt(sealed, [b"card"]).decode()
        except (binascii.Error, InvalidTag, ValueError):
            return reference

    def hide(self, text: str, card: str) -> str:
        """Return `text` with each occurrence of the card's key masked."""
        return text.replace(card, mask(card)) if card else text


def mask(key: str) -> str:
    """Mask all but BIN and last four digits if this hides half of the key, else all but the last four.

    PCI DSS 4.0.1, requirement 3.4.1, allows BIN and last four digits.

    >>> mask("tok_4111111111111111"), mask("card-12345"), mask("c-7")
    ('tok_41**********1111', '******2345', '***')
    """
    if len(key) >= 2 * (BIN + LAST):
        return key[:BIN] + "*" * (len(key) - BIN - LAST) + key[-LAST:]
    if len(key) >= 2 * LAST:
        return "*" * (len(key) - LAST) + key[-LAST:]
    return "*" * len(key)
