"""Card tokens as people see them: masked, with a reference that leads back and says nothing."""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PREFIX = "~"
"""A reference begins with it, so that it is not taken for a key."""
BIN, LAST = 6, 4
_SIV_BYTES = 64


class CardTokens:
    """Masks keys of the primary entity, and turns them into references and back.

    A reference is the key, encrypted so that equal keys give equal references (AES-SIV): it can stand in
    addresses and be compared, and only a console with the same secret can read it. Other kinds of entity
    (merchants, devices) are shown as they are.
    """

    def __init__(self, kind: str, secret: bytes) -> None:
        self.kind = kind
        derived = HKDF(SHA256(), _SIV_BYTES, salt=None, info=b"flagfive console: references to cards")
        self._cipher = AESSIV(derived.derive(secret))

    def shown(self, kind: str, key: str) -> str:
        """The key as it may be shown."""
        return mask(key) if kind == self.kind else key

    def reference(self, kind: str, key: str) -> str:
        """What stands for the key in addresses and filters; of other kinds than cards the key itself."""
        if kind != self.kind or not key:
            return key
        sealed = self._cipher.encrypt(key.encode(), [b"card"])
        return PREFIX + base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def key(self, reference: str) -> str:
        """The key behind a reference; what is none is taken for a key itself."""
        if not reference.startswith(PREFIX):
            return reference
        text = reference.removeprefix(PREFIX)
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            return self._cipher.decrypt(sealed, [b"card"]).decode()
        except (binascii.Error, InvalidTag, ValueError):
            return reference

    def hide(self, text: str, card: str) -> str:
        """`text` with the card's key masked wherever it stands, as in the words of a reason."""
        return text.replace(card, mask(card)) if card else text


def mask(key: str) -> str:
    """BIN and last four where at least as much again is hidden (PCI DSS 4.0.1, 3.4.1), else the last four.

    >>> mask("tok_4111111111111111"), mask("card-12345"), mask("c-7")
    ('tok_41**********1111', '******2345', '***')
    """
    if len(key) >= 2 * (BIN + LAST):
        return key[:BIN] + "*" * (len(key) - BIN - LAST) + key[-LAST:]
    if len(key) >= 2 * LAST:
        return "*" * (len(key) - LAST) + key[-LAST:]
    return "*" * len(key)
