"""Signing keys: a key pair (Ed25519), or a secret that all processes share (HMAC-SHA256)."""

import hashlib
import hmac
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MINIMUM_SECRET = 16  # characters
ED25519_BYTES = 32
ID_CHARACTERS = 16  # hexadecimal: two of a million keys share an id with a probability of 1 in 30 million
PRIVATE, PUBLIC = "ed25519:", "ed25519-public:"
ALLOWED = (
    f"allowed are {PRIVATE}<64 hexadecimal digits> to sign and verify, {PUBLIC}<64 hexadecimal digits> to "
    f"verify, and a secret of at least {MINIMUM_SECRET} characters (HMAC-SHA256)"
)


class UnusableKey(ValueError):
    """A key is missing, is in no allowed form, or can only verify."""


class Key(Protocol):
    """Signs and verifies bytes."""

    @property
    def algorithm(self) -> str: ...

    @property
    def id(self) -> str:
        """16 hexadecimal digits that name the key and disclose nothing of its secret."""

    @property
    def verifying_text(self) -> str:
        """A text for `read_key` whose key verifies what this one signs; it may hold a secret."""

    def sign(self, content: bytes) -> bytes:
        """Return the signature of `content`, at most 64 bytes.

        Raises:
            UnusableKey: The key can only verify.
        """

    def verifies(self, content: bytes, signature: bytes, key_id: str | None = None) -> bool:
        """Return whether `signature` is this key's signature of `content`; another `key_id` never is."""


@dataclass(frozen=True)
class SharedSecret:
    """HMAC-SHA256: every process that can verify can also sign."""

    secret: bytes
    algorithm = "hmac-sha256"

    @cached_property
    def id(self) -> str:
        """The beginning of an authentication code of a fixed text."""
        return hmac.digest(self.secret, b"flagfive key id", hashlib.sha256).hex()[:ID_CHARACTERS]

    def sign(self, content: bytes) -> bytes:
        """Return the 32-byte authentication code of `content`."""
        return hmac.digest(self.secret, content, hashlib.sha256)

    def verifies(self, content: bytes, signature: bytes, key_id: str | None = None) -> bool:
        """Compare in constant time."""
        return key_id in (None, self.id) and hmac.compare_digest(self.sign(content), signature)

    @property
    def verifying_text(self) -> str:
        """What `read_key` makes a key of that verifies: the secret itself, which also signs."""
        return self.secret.decode()

    def __repr__(self) -> str:
        return "SharedSecret(...)"


@dataclass(frozen=True)
class KeyPair:
    """Ed25519. A process that only verifies holds the public half, so an attacker there cannot sign."""

    public: Ed25519PublicKey
    private: Ed25519PrivateKey | None = None
    algorithm = "ed25519"

    @classmethod
    def of_seed(cls, seed: bytes) -> "KeyPair":
        """Return the key pair of 32 secret bytes."""
        private = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(private.public_key(), private)

    @classmethod
    def of_public(cls, digits: str) -> "KeyPair":
        """Return the public half of a key, given as 64 hexadecimal digits.

        Raises:
            UnusableKey: They are no such digits, or no point of the curve.
        """
        try:
            return cls(Ed25519PublicKey.from_public_bytes(_hexadecimal(digits)))
        except ValueError as error:
            raise UnusableKey(str(error)) from None

    @cached_property
    def public_digits(self) -> str:
        """The public half, 64 hexadecimal digits."""
        return self.public.public_bytes_raw().hex()

    @cached_property
    def id(self) -> str:
        """The beginning of the SHA-256 of the public half."""
        return hashlib.sha256(self.public.public_bytes_raw()).hexdigest()[:ID_CHARACTERS]

    def sign(self, content: bytes) -> bytes:
        """Return the 64-byte signature of `content`.

        Raises:
            UnusableKey: There is no private half.
        """
        if self.private is None:
            raise UnusableKey("this process holds a public key, which can verify but not sign")
        return self.private.sign(content)

    def verifies(self, content: bytes, signature: bytes, key_id: str | None = None) -> bool:
        """Return whether the private half made `signature`."""
        if key_id not in (None, self.id):
            return False
        try:
            self.public.verify(signature, content)
        except InvalidSignature:
            return False
        return True

    @property
    def verifying_text(self) -> str:
        """What `read_key` makes a key of that verifies and cannot sign."""
        return PUBLIC + self.public_digits

    def __repr__(self) -> str:
        return f"KeyPair({self.id})"


def read_key(text: str | None) -> KeyPair | SharedSecret:
    """Read a key as FLAGFIVE_CONTROL_KEY or a key file holds it.

    Raises:
        UnusableKey: There is none, it is too short, or it is not in an allowed form.

    Example:
        >>> read_key("a secret of enough length").algorithm
        'hmac-sha256'
    """
    if not text:
        raise UnusableKey(f"no signing key. {ALLOWED}")
    if text.startswith(PRIVATE):
        return KeyPair.of_seed(_hexadecimal(text.removeprefix(PRIVATE)))
    if text.startswith(PUBLIC):
        return KeyPair.of_public(text.removeprefix(PUBLIC))
    if len(text) < MINIMUM_SECRET:
        raise UnusableKey(f"the signing key has {len(text)} characters. {ALLOWED}")
    return SharedSecret(text.encode())


def _hexadecimal(digits: str) -> bytes:
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if len(key) != ED25519_BYTES:
        raise UnusableKey(f"the Ed25519 key is not 64 hexadecimal digits. {ALLOWED}")
    return key
