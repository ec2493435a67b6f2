"""A key whose private half stays in an HSM or a KMS: a command of yours signs.

The command gets the key id as its last argument and the content on its standard input, and writes the 64
bytes of the Ed25519 signature to its standard output. Any PKCS#11 tool or KMS client can be wrapped so.
"""

import shlex
import subprocess
from dataclasses import dataclass

from contracts.signing.keys import KeyPair, UnusableKey

TIMEOUT_S = 10.0


@dataclass(frozen=True)
class ExternalKey:
    """A key pair of which this process has the public half and a command that signs.

    Attributes:
        public: verifies.
        command: the command with its arguments, as in a shell.
    """

    public: KeyPair
    command: str
    algorithm = KeyPair.algorithm

    @property
    def id(self) -> str:
        """Id of the public half."""
        return self.public.id

    @property
    def verifying_text(self) -> str:
        """The public half."""
        return self.public.verifying_text

    def sign(self, content: bytes) -> bytes:
        """Run the command and return its signature.

        Raises:
            UnusableKey: The command fails, takes longer than 10 s, or signs with another key.
        """
        words = [*shlex.split(self.command), self.id]
        try:
            done = subprocess.run(words, input=content, capture_output=True, timeout=TIMEOUT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UnusableKey(f"keys.signer {words[0]!r}: {error}") from None
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()[-200:]
            raise UnusableKey(f"keys.signer {words[0]!r} ended with {done.returncode}: {said}")
        if not self.verifies(content, done.stdout):
            raise UnusableKey(
                f"keys.signer {words[0]!r} wrote {len(done.stdout)} bytes, no signature of key {self.id}"
            )
        return done.stdout

    def verifies(self, content: bytes, signature: bytes, key_id: str | None = None) -> bool:
        """Return whether `signature` is this key's."""
        return self.public.verifies(content, signature, key_id)
