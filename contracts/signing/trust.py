"""Signs messages as one principal, and verifies who sent those of others.

The signature travels in a Kafka header, so the value stays the JSON that it was:

    flagfive-signature: {"principal", "key", "time", "signature"}

It covers topic, record key, principal, key id, time and value. So a message cannot be moved to another topic
or request id, and no part of it can be exchanged.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from contracts.signing.keys import Key
from contracts.signing.principals import Principal, Registry, derived_key
from contracts.undecodable import UNDECODABLE

HEADER = "flagfive-signature"
MOST_BYTES = 1_024
"""Largest header that is read; one takes about 200 bytes."""
Headers = Sequence[tuple[str, bytes]]


class Untrusted(Exception):
    """A message was not sent by a principal that may send it; `cause` labels the metric."""

    cause: ClassVar[str]


class Unsigned(Untrusted):
    """The message has no signature."""

    cause = "unsigned"


class UnknownSigner(Untrusted):
    """The message is signed by a key that this process does not know, or that is retired."""

    cause = "unknown_key"


class Forged(Untrusted):
    """The signature does not fit the message."""

    cause = "forged"


class NotAllowed(Untrusted):
    """The signer may not send messages of this kind."""

    cause = "not_allowed"


CAUSES = tuple(one.cause for one in Untrusted.__subclasses__())


class Signature(msgspec.Struct, frozen=True):
    """The content of the header.

    Attributes:
        principal: who signed.
        key: id of the key.
        time: when it was signed, seconds since 1970-01-01 UTC.
        signature: 64 bytes; JSON holds them as base64.
    """

    principal: str
    key: str
    time: float
    signature: bytes


@dataclass(frozen=True)
class Sender:
    """Who verifiably sent a message, and when they signed it (seconds since 1970-01-01 UTC)."""

    principal: Principal
    time: float


class Trust:
    """The identity of this process, and the registry of all others.

    Args:
        name: the principal that this process signs as.
        key: its key; it holds the private half.
        registry: the principals that it verifies.
        clock: seconds since 1970-01-01 UTC.
    """

    def __init__(
        self, name: str, key: Key, registry: Registry, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.name = name
        self.registry = registry
        self._key, self._clock = key, clock

    @classmethod
    def derived(cls, secret: bytes, name: str, *, clock: Callable[[], float] = time.time) -> Trust:
        """The trust of an installation that has one shared secret; see `contracts.signing.principals`."""
        return cls(name, derived_key(secret, name), Registry.derived(secret), clock=clock)

    def signed(self, topic: str, record_key: bytes, value: bytes) -> list[tuple[str, bytes]]:
        """Return the headers that make a record of `topic` trusted.

        Raises:
            UnusableKey: this process has no private key.
        """
        signature = self.signature(lambda key, at: _content(topic, record_key, value, self.name, key, at))
        return [(HEADER, msgspec.json.encode(signature))]

    def signature(self, content: Callable[[str, float], bytes]) -> Signature:
        """Sign as this process.

        Args:
            content: returns the bytes to sign, from the id of the key and the time (s since 1970 UTC).

        Raises:
            UnusableKey: this process has no private key.
        """
        now = self._clock()
        return Signature(self.name, self._key.id, now, self._key.sign(content(self._key.id, now)))

    def sender(self, topic: str, record_key: bytes | None, value: bytes | None, headers: Headers) -> Sender:
        """Verify who sent a record.

        Args:
            topic: where the record lies.
            record_key: its key.
            value: its value.
            headers: its headers.

        Returns:
            The principal, and when it signed.

        Raises:
            Unsigned: there is no signature.
            UnknownSigner: no valid key of that id is known for that principal.
            Forged: the signature does not fit.
        """
        found = [content for name, content in headers if name == HEADER]
        if len(found) != 1 or len(found[0]) > MOST_BYTES:
            raise Unsigned("the message has no signature")
        try:
            signature = msgspec.json.decode(found[0], type=Signature)
        except UNDECODABLE as error:
            raise Forged(f"the signature cannot be read: {error}") from None
        known = self.registry.find(signature.key)
        if known is None or known.retired or known.principal.name != signature.principal:
            raise UnknownSigner(
                f"key {signature.key!r} of {signature.principal!r} is not among the trusted keys; "
                "`flagfive keys show` lists them"
            )
        content = _content(
            topic, record_key or b"", value or b"", signature.principal, signature.key, signature.time
        )
        if not known.key.verifies(content, signature.signature):
            raise Forged(f"the signature does not fit key {signature.key} of {signature.principal}")
        return Sender(known.principal, signature.time)

    def require(
        self, may: str, topic: str, record_key: bytes | None, value: bytes | None, headers: Headers
    ) -> Sender:
        """Verify who sent a record, and that they may send its kind.

        Raises:
            Untrusted: one of the causes of `sender`, or `NotAllowed`.
        """
        sender = self.sender(topic, record_key, value, headers)
        if may not in sender.principal.may:
            raise NotAllowed(
                f"{sender.principal.name} may not {may}; it may {', '.join(sender.principal.may)}"
            )
        return sender


def _content(topic: str, record_key: bytes, value: bytes, principal: str, key: str, at: float) -> bytes:
    """What is signed: one line of JSON with lengths fixed by its quotes, then the value."""
    place = json.dumps(["flagfive", 1, topic, record_key.hex(), principal, key, at])
    return place.encode() + b"\n" + value
