"""The audit log: who did what, chained by keyed hashes that reveal any change (PCI DSS 4.0.1, 10.3).

The hash of an entry covers its content and the hash before it. With a key it is an HMAC, which only a process
with the key can compute. Entries of earlier releases have plain SHA-256 and stand before the first keyed one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Float, Index, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.card_numbers import mask_card_numbers
from storage.audit_keys import AuditKey, AuditKeys
from storage.errors import AuditKeyMissing, AuditLogBroken
from storage.masked_text import MaskedText
from storage.table import BigIdentity, TableBase

GENESIS = "0" * 64
ROWS_PER_FETCH = 1_000
ADVISORY_LOCK = 5_515_254
"""Writers of the audit log take turns by it. The number is arbitrary and used only here."""

_NOT_KEYED = (
    "no entry is keyed: start the console or the adapter once after the upgrade; "
    "after that start, the log was rewritten"
)


class AuditEntry(TableBase):
    """One action. Triggers refuse to change or delete it; `hash` covers all other columns."""

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "subject"),)

    position: Mapped[int] = mapped_column(BigIdentity, primary_key=True, autoincrement=False)
    time: Mapped[float] = mapped_column(Float(53))
    actor: Mapped[str] = mapped_column(MaskedText)
    action: Mapped[str] = mapped_column(String)
    subject: Mapped[str] = mapped_column(MaskedText)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str | None] = mapped_column(String(16))
    """Key of the hash; None for plain SHA-256."""

    def expected_hash(self, key: AuditKey | None) -> str:
        """Compute the hash of the previous hash and the content of this entry, 64 hexadecimal digits."""
        content = [self.position, self.time, self.actor, self.action, self.subject, self.details]
        if key is not None:
            content.append(key.key_id)
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        chained = (self.previous_hash + canonical).encode()
        return hashlib.sha256(chained).hexdigest() if key is None else key.seal(chained)


@dataclass(frozen=True)
class Head:
    """The last entry of the chain. A copy kept elsewhere proves that no entries were cut off at the end."""

    position: int
    hash: str

    @classmethod
    def read(cls, text: str) -> Head:
        """Read `POSITION:HASH`.

        Raises:
            ValueError: it has another form.
        """
        position, _, digest = text.partition(":")
        if not position.isdigit() or not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise ValueError(f"{text!r} is not POSITION:HASH")
        return cls(int(position), digest)

    def __str__(self) -> str:
        return f"{self.position}:{self.hash}"


@dataclass(frozen=True)
class Verified:
    """The end of a chain that was verified, and the position of its first keyed entry, if there is one."""

    head: Head
    keyed_from: int | None


class AuditLog:
    """Appends to the audit log and verifies it, within the unit of work of the caller."""

    def __init__(self, session: Session, keys: AuditKeys | None = None) -> None:
        self._session, self._keys = session, keys

    def append(
        self, actor: str, action: str, *, subject: str, time: float, details: dict[str, Any] | None = None
    ) -> AuditEntry:
        """Append an entry; writers take turns, so that the chain never forks.

        Card numbers in `actor`, `subject` and `details` are masked.

        Args:
            actor: name of the user, token or process.
            action: what was done, such as `flag`.
            subject: id of what it was done to.
            time: seconds since 1970.
            details: anything more, as JSON.

        Returns:
            The entry with its position and hash.

        Raises:
            AuditKeyMissing: the log is keyed, and this process has no key.
        """
        self._lock()
        last, key = self._last(), self._keys.current if self._keys else None
        if key is None and last is not None and last.key_id is not None:
            raise AuditKeyMissing(last.key_id)
        head = _head_of(last)
        # Mask and convert to plain JSON first: the hash must cover exactly what is read back later.
        content = json.loads(mask_card_numbers(json.dumps(details or {})))
        entry = AuditEntry(
            position=head.position + 1,
            time=time,
            actor=mask_card_numbers(actor),
            action=action,
            subject=mask_card_numbers(subject),
            details=content,
            previous_hash=head.hash,
            key_id=key.key_id if key else None,
        )
        entry.hash = entry.expected_hash(key)
        self._session.add(entry)
        self._session.flush()
        return entry

    def has(self, action: str, subject: str) -> bool:
        """Return whether the log has an entry of this action on this subject."""
        wanted = AuditEntry.subject == subject, AuditEntry.action == action
        return self._session.scalar(select(AuditEntry.position).where(*wanted).limit(1)) is not None

    def head(self) -> Head:
        """Return position and hash of the last entry; position 0 if the log is empty."""
        return _head_of(self._last())

    def after(self, position: int, limit: int) -> list[AuditEntry]:
        """Return at most `limit` entries behind a position, in order; they are not verified."""
        page = select(AuditEntry).where(AuditEntry.position > position).order_by(AuditEntry.position)
        return list(self._session.scalars(page.limit(limit)))

    def begin_key(self, *, time: float) -> None:
        """Note the key in use if the last entry has another one or none; without keys, do nothing.

        So a log of an earlier release is keyed from the first start on, not from the next change.
        """
        if self._keys is not None and getattr(self._last(), "key_id", None) != self._keys.current.key_id:
            self.append("flagfive", "use audit key", subject=self._keys.current.key_id, time=time)

    def verify(self, *, known: Sequence[Head] = (), after: Head | None = None) -> Verified:
        """Verify the chain from the first entry to the last, or only the entries after a known one.

        Args:
            known: ends of the chain as earlier calls returned them.
            after: an end that was verified before; the check starts there.

        Returns:
            The end of the chain, and where keyed entries begin among those that were checked.

        Raises:
            AuditLogBroken: an entry is missing, was changed, or lacks a key that is given; or the chain does
                not contain a known end; or no entry is keyed although keys are given.
        """
        end, keyed_from = after or Head(0, GENESIS), None
        expected: dict[int, set[str]] = {}
        for one in known:
            expected.setdefault(one.position, set()).add(one.hash)
        if after is not None:
            self._find(after)
        for entry in self._entries(end.position):
            end = self._follow(end, entry, keyed=keyed_from is not None)
            if keyed_from is None and entry.key_id is not None:
                keyed_from = entry.position
            if expected.get(end.position, {end.hash}) != {end.hash}:
                raise AuditLogBroken(end.position, "the chain was rewritten")
        furthest = max(expected, default=0)
        if end.position < furthest:
            raise AuditLogBroken(end.position + 1, f"the log is cut off before the known entry {furthest}")
        if after is None and self._keys is not None and keyed_from is None and end.position:
            raise AuditLogBroken(end.position, _NOT_KEYED)
        return Verified(end, keyed_from)

    def _find(self, known: Head) -> None:
        entry = self._session.get(AuditEntry, known.position)
        if entry is None:
            raise AuditLogBroken(known.position, "the log is cut off before this known entry")
        if entry.hash != known.hash:
            raise AuditLogBroken(known.position, "the chain was rewritten")

    def _follow(self, end: Head, entry: AuditEntry, *, keyed: bool) -> Head:
        if entry.position != end.position + 1:
            raise AuditLogBroken(end.position + 1, f"it is missing, the next entry is {entry.position}")
        if entry.previous_hash != end.hash:
            raise AuditLogBroken(entry.position, "it does not carry the hash of the previous entry")
        key = self._keys.find(entry.key_id) if self._keys and entry.key_id else None
        if entry.key_id is None and keyed:
            raise AuditLogBroken(entry.position, "it has no key, unlike an entry before it")
        if entry.key_id is not None and key is None:
            raise AuditLogBroken(entry.position, f"it is sealed with key {entry.key_id}, which is not given")
        if not hmac.compare_digest(entry.hash, entry.expected_hash(key)):
            raise AuditLogBroken(entry.position, "its content does not match its hash")
        return Head(entry.position, entry.hash)

    def _last(self) -> AuditEntry | None:
        return self._session.scalar(select(AuditEntry).order_by(AuditEntry.position.desc()).limit(1))

    def _entries(self, position: int = 0) -> Iterator[AuditEntry]:
        page = select(AuditEntry).order_by(AuditEntry.position).limit(ROWS_PER_FETCH)
        while entries := self._session.scalars(page.where(AuditEntry.position > position)).all():
            yield from entries
            position = entries[-1].position

    def _lock(self) -> None:
        # On SQLite a unit that writes holds the only write lock already (storage/engine.py).
        if self._session.connection().dialect.name == "postgresql":
            # LOCK TABLE would need a right to change entries, which the writers' role does not have.
            self._session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})


def _head_of(last: AuditEntry | None) -> Head:
    return Head(last.position, last.hash) if last else Head(0, GENESIS)
