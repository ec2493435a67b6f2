"""Signing keys: a shared secret (HMAC-SHA256) or a key pair (Ed25519)."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from control.errors import ControlKeyError

MINIMUM_SECRET = 16  # characters
ED25519_BYTES = 32
ALLOWED = (
    f"FLAGFIVE_CONTROL_KEY: allowed are a secret of at least {MINIMUM_SECRET} characters (HMAC-SHA256), "
    "ed25519:<64 hexadecimal digits> to sign and verify, ed25519-public:<64 hexadecimal digits> to verify"
)


class ControlKey(Protocol):
    """Signs and verifies bytes. Every envelope names the `algorithm`."""

    @property
    def algorithm(self) -> str: ...

    def sign(self, content: bytes) -> bytes:
        """Return the signature of `content`, at most 64 bytes.

        Raises:
            ControlKeyError: The key can only verify.
        """

    def verifies(self, content: bytes, signature: bytes) -> bool:
        """Return whether `signature` is this key's signature of `content`."""


@dataclass(frozen=True)
class SharedSecret:
    """HMAC-SHA256: every process that can verify can also sign."""

    secret: bytes
    algorithm = "hmac-sha256"

    def sign(self, content: bytes) -> bytes:
        """Return the 32-byte authentication code of `content`."""
        return hmac.digest(self.secret, content, hashlib.sha256)

    def verifies(self, content: bytes, signature: bytes) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.sign(content), signature)

    def __repr__(self) -> str:
        return "SharedSecret(...)"


@dataclass(frozen=True)
class KeyPair:
    """Ed25519: workers hold the public half only, so an attacker on a worker cannot announce."""

    public: Ed25519PublicKey
    private: Ed25519PrivateKey | None = None
    algorithm = "ed25519"

    def sign(self, content: bytes) -> bytes:
        """Return the 64-byte signature of `content`.

        Raises:
            ControlKeyError: There is no private half.
        """
        if self.private is None:
            raise ControlKeyError("FLAGFIVE_CONTROL_KEY holds a public key, which can verify but not sign")
        return self.private.sign(content)

    def verifies(self, content: bytes, signature: bytes) -> bool:
        """Return whether the private half made `signature`."""
        try:
            self.public.verify(signature, content)
        except InvalidSignature:
            return False
        return True


def read_key(text: str | None) -> ControlKey:
    """Read a key as FLAGFIVE_CONTROL_KEY holds it.

    Raises:
        ControlKeyError: There is none, it is too short, or it is not in an allowed form.

    Example:
        >>> read_key("a secret of enough length").algorithm
        'hmac-sha256'
    """
    if not text:
        raise ControlKeyError(f"no signing key for the control log. {ALLOWED}")
    scheme, _, rest = text.partition(":")
    if scheme == "ed25519":
        private = Ed25519PrivateKey.from_private_bytes(_hexadecimal(rest))
        return KeyPair(private.public_key(), private)
    if scheme == "ed25519-public":
        return KeyPair(Ed25519PublicKey.from_public_bytes(_hexadecimal(rest)))
    if len(text) < MINIMUM_SECRET:
        raise ControlKeyError(f"the signing key has {len(text)} characters. {ALLOWED}")
    return SharedSecret(text.encode())


def _hexadecimal(digits: str) -> bytes:
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if len(key) != ED25519_BYTES:
        raise ControlKeyError(f"the Ed25519 key is not 64 hexadecimal digits. {ALLOWED}")
    return key
