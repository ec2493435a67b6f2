"""The keys of a process: of the control log, and of its own messages.

1. If the folder of keys has a `trusted.json`, it says who is trusted.  2. Else a secret in
FLAGFIVE_CONTROL_KEY gives every principal's key.  3. Else the folder is made, with a key for every process.
A key in FLAGFIVE_CONTROL_KEY signs the control log in each case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flagfive.errors import WrongSettings

if TYPE_CHECKING:
    from pydantic import SecretStr

    from contracts.signing.keys import Key
    from contracts.signing.principals import Registry
    from contracts.signing.trust import Trust
    from control.keys import ControlKey
    from flagfive.key_folder import KeyFolder
    from settings import Settings


def control_key(settings: Settings) -> ControlKey:
    """Return the keys of the control log; the result signs only where this process has a private key.

    Args:
        settings: the settings; FLAGFIVE_CONTROL_KEY takes the place of the key in the folder.

    Returns:
        The keys.

    Raises:
        WrongSettings: a key is missing or unusable.
    """
    from contracts.signing.principals import CONTROL
    from control.keys import ControlKey

    given = _given(settings.control.key, "FLAGFIVE_CONTROL_KEY")
    earlier = _given(settings.control.earlier_key, "FLAGFIVE_CONTROL__EARLIER_KEY")
    others: list[Key] = [earlier] if earlier else []
    if given is not None and not key_folder(settings).exists:
        return ControlKey(given, (given, *others))
    known = made_folder(settings).registry().keys_of(CONTROL)
    signer = given or _private(settings, CONTROL)
    valid = [one.key for one in known if not one.retired and one.key.id != signer.id]
    retired = tuple(one.key for one in known if one.retired)
    return ControlKey(signer, (signer, *valid, *others), retired)


def trust_of(settings: Settings, name: str) -> Trust:
    """Return the identity of a process, and whom it trusts.

    Args:
        settings: the settings.
        name: principal that it signs as. Without its private key, the process can verify but not sign.

    Returns:
        The identity.

    Raises:
        WrongSettings: there is no such principal, or a key is unusable.
    """
    from contracts.signing.keys import SharedSecret
    from contracts.signing.trust import Trust

    given = _given(settings.control.key, "FLAGFIVE_CONTROL_KEY")
    if isinstance(given, SharedSecret) and not key_folder(settings).exists:
        return Trust.derived(given.secret, name)
    registry = made_folder(settings).registry()
    return Trust(name, _private(settings, name), registry)


def registry_of(settings: Settings) -> Registry:
    """Return the principals and their public keys, for a process that only verifies; no key is made.

    Raises:
        WrongSettings: there is neither a folder of keys nor a shared secret, or the folder cannot be used.
    """
    from contracts.signing.keys import SharedSecret
    from contracts.signing.principals import Registry

    given, folder = _given(settings.control.key, "FLAGFIVE_CONTROL_KEY"), key_folder(settings)
    if isinstance(given, SharedSecret) and not folder.exists:
        return Registry.derived(given.secret)
    return folder.registry()


def key_folder(settings: Settings) -> KeyFolder:
    """Return the folder of keys; it may not exist yet."""
    from flagfive.key_folder import KeyFolder

    return KeyFolder(settings.var / settings.keys.folder)


def made_folder(settings: Settings) -> KeyFolder:
    """Return the folder of keys; make it if it does not exist. Raises WrongSettings if that fails."""
    from contracts.signing.keys import KeyPair

    folder = key_folder(settings)
    if not folder.exists:
        given = _given(settings.control.key, "FLAGFIVE_CONTROL_KEY")
        folder.make(given if isinstance(given, KeyPair) else None)
    return folder


def _private(settings: Settings, name: str) -> Key:
    """The key that a principal signs with; its newest public half where this process has no private one."""
    from contracts.signing.external import ExternalKey

    folder = key_folder(settings)
    valid = [one.key for one in folder.registry().keys_of(name) if not one.retired]
    if not valid:
        known = ", ".join(folder.registry().principals)
        raise WrongSettings(
            f"{folder.path}: there is no valid key of {name!r}; the principals are {known}. "
            f"`flagfive keys new {name}` makes one"
        )
    if settings.keys.signer:
        return ExternalKey(valid[-1], settings.keys.signer)
    private = folder.private(name)
    if private is not None and private.id not in {key.id for key in valid}:
        raise WrongSettings(
            f"{folder.path}: the private key of {name!r} has the id {private.id}, but trusted.json has "
            f"{', '.join(key.id for key in valid)}; copy the trusted.json that it was made with"
        )
    return private or valid[-1]


def _given(secret: SecretStr | None, variable: str) -> Key | None:
    from contracts.signing.keys import UnusableKey, read_key

    try:
        return read_key(secret.get_secret_value()) if secret else None
    except UnusableKey as error:
        raise WrongSettings(f"{variable}: {error}") from None
