"""Changes to the folder of keys: new principals and keys, rotation, retirement."""

from __future__ import annotations

import time
from collections.abc import Collection

import msgspec

from contracts.signing.keys import KeyPair, UnusableKey
from contracts.signing.principals import Principal, SpeaksFor, Trusted, TrustedKey
from flagfive.errors import UserError
from flagfive.key_folder import NAME, KeyFolder, new_private


class KeyNotChanged(UserError):
    """A change of keys is refused; the message says why and what is allowed."""


def add_key(
    folder: KeyFolder,
    name: str,
    *,
    may: Collection[str] = (),
    speaks_for: SpeaksFor = "itself",
    public: str | None = None,
) -> KeyPair:
    """Give a principal a new key beside those that it has; a new principal is added with its rights.

    1. `trusted.json` gets the public half, so that readers know it first.  2. The private key is replaced.
    A stop between the two leaves a public key that nothing signs with.

    Args:
        folder: the folder of keys.
        name: the principal.
        may: of a new principal, what it may send.
        speaks_for: of a new principal, in whose name.
        public: public half of a key that was made elsewhere, 64 hexadecimal digits; by default a key is made.

    Returns:
        The key.

    Raises:
        KeyNotChanged: the name is not allowed, a new principal may send nothing, or `public` is no key.
    """
    trusted = folder.trusted()
    known = {one.name: one for one in trusted.principals}
    if name in known and may:
        raise KeyNotChanged(f"{name!r} is there already; edit its rights in {folder.path}/trusted.json")
    if not NAME.fullmatch(name):
        raise KeyNotChanged(f"{name!r} is no name: 1 to 64 of A-Z, a-z, 0-9, '.', '_', '@', '-'")
    if name not in known and not may:
        raise KeyNotChanged(f"{name!r} is new: say what it may send with --may, such as --may label")
    draft = None if public else new_private()
    try:
        key = draft or KeyPair.of_public(str(public))
    except UnusableKey as error:
        raise KeyNotChanged(str(error)) from None
    principals = trusted.principals
    if name not in known:
        principals = (*principals, Principal(name, tuple(may), speaks_for))
    added = TrustedKey(name, key.public_digits, time.time())
    folder.write_trusted(Trusted(principals, (*trusted.keys, added)))
    if draft is not None:
        folder.write_private(name, draft)
    return key


def retire_key(folder: KeyFolder, key_id: str) -> TrustedKey:
    """Let a key verify stored history only.

    Args:
        folder: the folder of keys.
        key_id: id of the key.

    Returns:
        The key.

    Raises:
        KeyNotChanged: there is no such valid key, or it is the last one of its principal.
    """
    trusted = folder.trusted()
    valid = {KeyPair.of_public(one.public).id: one for one in trusted.keys if one.retired_at is None}
    if key_id not in valid:
        raise KeyNotChanged(f"no valid key {key_id!r}; valid are: {', '.join(valid)}")
    due = valid[key_id]
    if sum(one.principal == due.principal for one in valid.values()) == 1:
        raise KeyNotChanged(
            f"{key_id} is the only valid key of {due.principal!r}; make another first: "
            f"flagfive keys rotate {due.principal}"
        )
    retired = msgspec.structs.replace(due, retired_at=time.time())
    keys = tuple(retired if one is due else one for one in trusted.keys)
    folder.write_trusted(Trusted(trusted.principals, keys))
    return due
