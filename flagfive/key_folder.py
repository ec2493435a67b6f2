"""The folder of keys: `trusted.json` with all principals and public keys, and `NAME.key` with private ones.

Only `trusted.json` must reach every process. A private key lies where its principal runs, with mode 0600.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from contracts.signing.keys import ED25519_BYTES, PRIVATE, KeyPair, UnusableKey, read_key
from contracts.signing.principals import PROCESSES, Registry, Trusted, TrustedKey, Untrustworthy, read_trusted
from flagfive.errors import WrongSettings

TRUSTED, SUFFIX = "trusted.json", ".key"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
MOST_BYTES = 1024 * 1024  # of trusted.json: room for 5,000 keys


def new_private() -> KeyPair:
    """Return a new random key."""
    return KeyPair.of_seed(secrets.token_bytes(ED25519_BYTES))


@dataclass(frozen=True)
class KeyFolder:
    """One folder of keys.

    Attributes:
        path: the folder.
    """

    path: Path

    @property
    def exists(self) -> bool:
        """Whether it says who is trusted."""
        return (self.path / TRUSTED).is_file()

    def make(self, control: KeyPair | None = None) -> None:
        """Make a key for every process; of two processes that start together, one succeeds.

        Args:
            control: the key of the control log, where it is given by a setting; its private half is not
                written.

        Raises:
            WrongSettings: the folder cannot be written, or has files but no `trusted.json`.
        """
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            draft.mkdir(parents=True, mode=0o700)
            made = []
            for principal in PROCESSES:
                given = control if principal.name == PROCESSES[0].name else None
                key = given or new_private()
                if given is None:
                    KeyFolder(draft).write_private(principal.name, key)
                made.append(TrustedKey(principal.name, key.public_digits, time.time()))
            KeyFolder(draft).write_trusted(Trusted(PROCESSES, tuple(made)))
            os.rename(draft, self.path)  # fails where another process was faster
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            if not self.exists:
                raise WrongSettings(
                    f"cannot make keys in {self.path}: {error.strerror}. Make them elsewhere with `flagfive "
                    f"keys make FOLDER`, and put {TRUSTED} and the private keys of this process there"
                ) from None

    def trusted(self) -> Trusted:
        """Return the content of `trusted.json`. Raises WrongSettings where it cannot be used."""
        content, where = self._content()
        try:
            return read_trusted(content, where)
        except Untrustworthy as error:
            raise WrongSettings(str(error)) from None

    def registry(self) -> Registry:
        """Return the principals and their keys. Raises WrongSettings where they cannot be used."""
        content, where = self._content()
        try:
            return Registry.read(content, where)
        except Untrustworthy as error:
            raise WrongSettings(str(error)) from None

    def private(self, name: str) -> KeyPair | None:
        """Return the private key of a principal; None where it does not lie here.

        Raises:
            WrongSettings: the file cannot be read, or holds no Ed25519 private key.
        """
        file = self.path / (name + SUFFIX)
        try:
            key = read_key(file.read_text().strip())
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise WrongSettings(f"cannot read {file}: {getattr(error, 'strerror', error)}") from None
        except UnusableKey as error:
            raise WrongSettings(f"{file}: {error}") from None
        if not isinstance(key, KeyPair) or key.private is None:
            raise WrongSettings(f"{file} holds no private key; allowed is {PRIVATE}<64 hexadecimal digits>")
        return key

    def write_private(self, name: str, key: KeyPair) -> None:
        """Replace the private key of a principal."""
        assert key.private is not None  # made by `new_private`
        self._write(name + SUFFIX, f"{PRIVATE}{key.private.private_bytes_raw().hex()}\n".encode(), 0o600)

    def write_trusted(self, trusted: Trusted) -> None:
        """Replace `trusted.json`."""
        text = msgspec.json.format(msgspec.json.encode(trusted), indent=1)
        self._write(TRUSTED, text + b"\n", 0o644)

    def _content(self) -> tuple[bytes, str]:
        file = self.path / TRUSTED
        try:
            if file.stat().st_size > MOST_BYTES:
                raise WrongSettings(f"{file} has more than {MOST_BYTES:,} bytes")
            return file.read_bytes(), str(file)
        except OSError as error:
            raise WrongSettings(f"cannot read {file}: {error.strerror}") from None

    def _write(self, name: str, content: bytes, mode: int) -> None:
        """Replace a file at once: no reader sees half of it, and no other user sees a secret."""
        draft = self.path / f".{name}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, self.path / name)
