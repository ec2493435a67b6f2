"""Secrets that flagfive makes for itself where none is given: random, in a file that only its user reads."""

import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from flagfive.errors import UserError
from settings import Settings

FOLDER = "secrets"


class SecretUnreadable(UserError):
    """The file of a secret cannot be read or written."""


def own_secret(settings: Settings, name: str, given: SecretStr | None) -> bytes:
    """Return a given secret, or the one in `var/secrets/NAME`, which is made at the first call.

    Processes on other machines do not see that file: give them the same secret by a setting.

    Args:
        settings: the settings; they name the folder `var`.
        name: file name, such as `console`.
        given: the secret from the settings.

    Returns:
        The secret, at least 16 bytes.

    Raises:
        SecretUnreadable: the file cannot be read or written.
    """
    if given is not None:
        return given.get_secret_value().encode()
    file = settings.var / FOLDER / name
    try:
        _make(file)
        return file.read_bytes()
    except OSError as error:
        raise SecretUnreadable(f"cannot read or write {file}: {error.strerror}") from None


def _make(file: Path) -> None:
    """Write a new secret unless the file exists; of two processes that start together, one succeeds."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(secrets.token_hex(32).encode())
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, file)  # fails if another process was faster
    except FileExistsError:
        pass
    finally:
        draft.unlink()
