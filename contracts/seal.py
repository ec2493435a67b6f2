"""The seal of messages between stages: only holders of the key can write what workers accept.

A seal is a trailer, so a reader that does not check seals finds an Arrow message unchanged.

    payload | salt (16 bytes) | count (8) | tag (16) | b"FFS1"

The tag is the GMAC of the payload: AES-256-GCM with nothing to encrypt. It takes 1 microsecond for a small
message and 15 for 330 KB, a twentieth of keyed BLAKE2b. The key of each topic partition is derived from the
shared key and a random salt of the process, so a count never repeats under a key, and a message that is
copied to another partition is refused. Source: NIST SP 800-38D.
"""

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from itertools import count

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"FFS1"
_SALT, _COUNT, _TAG = 16, 8, 16
SEAL_BYTES = _SALT + _COUNT + _TAG + len(MAGIC)
_PERSON = b"flagfive stage 1"  # keeps the derived keys apart from other uses of the same secret
# Writers that a reader remembers: every worker, restart and partition is one. 1,024 take about 1 MB.
_MOST_WRITERS = 1_024


class Forged(Exception):
    """The message has no seal, or one that no known key has made for this place."""


class Seal:
    """Writes and checks seals.

    Args:
        keys: the shared keys, each a secret of at least 16 bytes. The first seals; all are accepted, so that
            a new key can be introduced while messages under the old one are under way. Without any, nothing
            is sealed or checked.
        accept_unsealed: whether messages without a seal pass, while sealing is being introduced.

    Example:
        >>> seal = Seal([b"a key of enough length"])
        >>> seal.opened(b"payload" + seal.of("returned", 3, b"payload"), "returned", 3)
        b'payload'
    """

    def __init__(self, keys: Sequence[bytes] = (), *, accept_unsealed: bool = False) -> None:
        self._keys = tuple(keys)
        self._accept_unsealed = accept_unsealed
        self._salt = os.urandom(_SALT)
        self._count = count()

    def __repr__(self) -> str:
        return f"Seal({len(self._keys)} keys)"

    def of(self, topic: str, partition: int, payload: bytes | memoryview) -> bytes:
        """Return the seal of a message for one partition; empty without a key."""
        if not self._keys:
            return b""
        number = next(self._count).to_bytes(_COUNT, "big")
        cipher = _cipher(self._keys[0], self._salt, topic, partition)
        return b"".join((self._salt, number, cipher.encrypt(_nonce(number), b"", payload), MAGIC))

    def opened(self, message: memoryview | bytes, topic: str, partition: int) -> memoryview | bytes:
        """Return the payload of a message of one partition; without a key, unchecked.

        Raises:
            Forged: the seal is missing or wrong.
        """
        sealed = len(message) >= SEAL_BYTES and message[-len(MAGIC) :] == MAGIC
        if not sealed:
            if self._keys and not self._accept_unsealed:
                raise Forged("no seal")
            return message
        payload = message[:-SEAL_BYTES]
        if self._keys and not self._is_ours(payload, bytes(message[-SEAL_BYTES:]), topic, partition):
            raise Forged("the seal does not fit")
        return payload

    def _is_ours(self, payload: memoryview | bytes, seal: bytes, topic: str, partition: int) -> bool:
        salt, number, tag = seal[:_SALT], seal[_SALT : _SALT + _COUNT], seal[_SALT + _COUNT : -len(MAGIC)]
        for key in self._keys:
            try:
                _cipher(key, salt, topic, partition).decrypt(_nonce(number), tag, payload)
            except InvalidTag:
                continue
            return True
        return False


@lru_cache(_MOST_WRITERS)
def _cipher(key: bytes, salt: bytes, topic: str, partition: int) -> AESGCM:
    place = f"{topic}/{partition}".encode()
    secret = hashlib.blake2b(key, digest_size=32).digest()
    return AESGCM(hashlib.blake2b(salt + place, key=secret, digest_size=32, person=_PERSON).digest())


def _nonce(number: bytes) -> bytes:
    return number.rjust(12, b"\0")
