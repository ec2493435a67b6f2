"""The keys of the control log: the one that signs new entries, and all that verify.

Several keys are valid side by side, so that a key can be exchanged while workers run. A retired key verifies
stored history only: an attacker who has it cannot announce, and rollback still reads what it signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from contracts.signing.keys import Key, read_key


@dataclass(frozen=True)
class ControlKey:
    """All keys of the control log.

    Attributes:
        signer: signs new entries; one that can only verify refuses to.
        valid: verify entries of the log, `signer` among them.
        retired: verify stored entries beside the valid ones.
    """

    signer: Key
    valid: tuple[Key, ...]
    retired: tuple[Key, ...] = ()
    _by_id: dict[str, Key] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_id.update({key.id: key for key in self.valid})

    @classmethod
    def single(cls, text: str | None) -> ControlKey:
        """Return one key that signs, where it can, and verifies; `read_key` describes `text` and errors."""
        key = read_key(text)
        return cls(key, (key,))

    @classmethod
    def verifying(cls, texts: Sequence[str]) -> ControlKey:
        """Return keys that verify, from `verifying_texts`, which can be passed to another process."""
        keys = tuple(read_key(text) for text in texts)
        return cls(keys[0], keys)

    def verifying_texts(self) -> tuple[str, ...]:
        """Return all keys as texts for `verifying`, retired ones too; a shared secret is among them."""
        return tuple(key.verifying_text for key in (*self.valid, *self.retired))

    @property
    def algorithm(self) -> str:
        """Algorithm of the signer."""
        return self.signer.algorithm

    @property
    def id(self) -> str:
        """Id of the signer."""
        return self.signer.id

    def sign(self, content: bytes) -> bytes:
        """Return the signature of `content`. Raises UnusableKey where the signer can only verify."""
        return self.signer.sign(content)

    def verifies(self, content: bytes, signature: bytes, key_id: str | None = None) -> bool:
        """Return whether a valid key made `signature`.

        Args:
            content: what was signed.
            signature: the signature.
            key_id: id of the key; entries of earlier versions name none, so all valid keys are tried.
        """
        tried: Iterable[Key] = self.valid
        if key_id is not None:
            named = self._by_id.get(key_id)
            tried = [named] if named is not None else []
        return any(key.verifies(content, signature) for key in tried)

    def of_history(self) -> ControlKey:
        """Return the keys that verify stored entries: the retired ones are among them."""
        return ControlKey(self.signer, (*self.valid, *self.retired))
