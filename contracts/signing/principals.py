"""Principals: which processes, people and systems there are, their public keys, and what each may send.

The registry is a JSON file (`trusted.json`) that every process reads; it holds no secret. Where there is only
a shared secret, each principal's key is derived from it: a process that knows the secret can be each of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contracts.request import RequestKind
from contracts.signing.keys import ED25519_BYTES, KeyPair, UnusableKey
from contracts.undecodable import UNDECODABLE

VERSION = 1
CONTROL, ADAPTER, CONSOLE, COMMAND_LINE, WORKER = "control", "adapter", "console", "cli", "worker"
ANNOUNCE, ANSWER, ACKNOWLEDGE = "announce", "answer", "acknowledge"
"""What processes send beside requests: control entries, answers, acknowledgements."""
REQUESTS: tuple[str, ...] = get_args(RequestKind)
ALLOWED = (*REQUESTS, ANNOUNCE, ANSWER, ACKNOWLEDGE)

SpeaksFor = Literal["itself", "anyone", "signed in"]
"""Whose name a principal may write into a request: its own, any, or that of a user who signed in to it."""


class Untrustworthy(ValueError):
    """The registry of principals cannot be used; the message names file, place and what is allowed."""


class Principal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who sends, and what they may send.

    Attributes:
        name: of a process, a person or a system, such as `console` or `chargebacks`.
        may: kinds of request, `announce`, `answer` or `acknowledge`.
        speaks_for: whose name it may write into a request.
    """

    name: str
    may: tuple[str, ...]
    speaks_for: SpeaksFor = "itself"


class TrustedKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The public half of one key of a principal; several keys of one principal are valid side by side.

    Attributes:
        principal: whose key it is.
        public: 64 hexadecimal digits.
        made_at: seconds since 1970-01-01 UTC.
        retired_at: since when it verifies stored history only; None while it is valid.
    """

    principal: str
    public: str
    made_at: float = 0.0
    retired_at: float | None = None


class Trusted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of `trusted.json`."""

    principals: tuple[Principal, ...]
    keys: tuple[TrustedKey, ...]
    version: int = VERSION


PROCESSES = (
    Principal(CONTROL, (ANNOUNCE,)),
    Principal(ADAPTER, (ANSWER,)),
    Principal(WORKER, (ACKNOWLEDGE,)),
    Principal(CONSOLE, REQUESTS, "signed in"),
    Principal(COMMAND_LINE, REQUESTS, "anyone"),
)
"""The principals of every installation."""


@dataclass(frozen=True)
class Known:
    """A key of the registry, with the principal that holds it."""

    principal: Principal
    key: KeyPair
    retired: bool = False


class Registry:
    """All principals and their public keys, by key id.

    Args:
        known: the keys.
        principals: all principals, also those without a key.
    """

    def __init__(self, known: Iterable[Known], principals: Iterable[Principal]) -> None:
        self._known: Mapping[str, Known] = {one.key.id: one for one in known}
        self.principals: Mapping[str, Principal] = {one.name: one for one in principals}

    @classmethod
    def read(cls, content: bytes, where: str) -> Registry:
        """Read and check a registry.

        Args:
            content: JSON, as `Trusted` describes it.
            where: name of the file, for errors.

        Raises:
            Untrustworthy: it is not JSON of this form, or names, rights or keys in it do not fit.
        """
        trusted = read_trusted(content, where)
        principals = {one.name: one for one in trusted.principals}
        known = [
            Known(principals[one.principal], KeyPair.of_public(one.public), one.retired_at is not None)
            for one in trusted.keys
        ]
        return cls(known, trusted.principals)

    @classmethod
    def derived(cls, secret: bytes) -> Registry:
        """The registry of the processes of an installation with one shared secret."""
        return cls([Known(one, derived_key(secret, one.name)) for one in PROCESSES], PROCESSES)

    def find(self, key_id: str) -> Known | None:
        """Return the key of this id; None where it is not known."""
        return self._known.get(key_id)

    def keys_of(self, name: str) -> list[Known]:
        """Return the keys of a principal, retired ones too, oldest first."""
        return [one for one in self._known.values() if one.principal.name == name]


def read_trusted(content: bytes, where: str) -> Trusted:
    """Read and check the content of `trusted.json`; arguments and errors are those of `Registry.read`."""
    try:
        trusted = msgspec.json.decode(content, type=Trusted)
    except UNDECODABLE as error:
        raise Untrustworthy(f"{where}: {error}") from None
    names = Counter(one.name for one in trusted.principals)
    if twice := [name for name, count in names.items() if count > 1]:
        raise Untrustworthy(f"{where}: principal {twice[0]!r} is there twice")
    for one in trusted.principals:
        if unknown := [kind for kind in one.may if kind not in ALLOWED]:
            raise Untrustworthy(
                f"{where}: principal {one.name!r} may {unknown[0]!r}; allowed are {', '.join(ALLOWED)}"
            )
    for place, key in enumerate(trusted.keys):
        if key.principal not in names:
            raise Untrustworthy(
                f"{where}: keys[{place}] is of {key.principal!r}; the principals are {', '.join(names)}"
            )
        try:
            KeyPair.of_public(key.public)
        except UnusableKey as error:
            raise Untrustworthy(f"{where}: keys[{place}].public: {error}") from None
    return trusted


def derived_key(secret: bytes, principal: str) -> KeyPair:
    """Return the key pair of a principal where there is only a shared secret."""
    info = f"flagfive principal {principal}".encode()
    return KeyPair.of_seed(HKDF(SHA256(), ED25519_BYTES, salt=None, info=info).derive(secret))
