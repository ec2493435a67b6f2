"""The audit log: who did what, chained by hashes that reveal any change (PCI DSS 4.0.1, 10.3)."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Float, Index, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.card_numbers import mask_card_numbers
from storage.errors import AuditLogBroken
from storage.masked_text import MaskedText
from storage.table import BigIdentity, TableBase

GENESIS = "0" * 64
ROWS_PER_FETCH = 1_000


class AuditEntry(TableBase):
    """One action. Triggers refuse to change or delete it; `hash` covers its content and the previous hash."""

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

    def expected_hash(self) -> str:
        """Compute the SHA-256 of the previous hash and the content of this entry, 64 hexadecimal digits."""
        content = [self.position, self.time, self.actor, self.action, self.subject, self.details]
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256((self.previous_hash + canonical).encode()).hexdigest()


@dataclass(frozen=True)
class Head:
    """The last entry of the chain. A copy kept elsewhere proves that no entries were cut off at the end."""

    position: int
    hash: str


class AuditLog:
    """Appends to the audit log and verifies it, within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

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
        """
        self._lock()
        head = self.head()
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
        )
        entry.hash = entry.expected_hash()
        self._session.add(entry)
        self._session.flush()
        return entry

    def has(self, action: str, subject: str) -> bool:
        """Return whether the log has an entry of this action on this subject."""
        wanted = AuditEntry.subject == subject, AuditEntry.action == action
        return self._session.scalar(select(AuditEntry.position).where(*wanted).limit(1)) is not None

    def head(self) -> Head:
        """Return position and hash of the last entry; position 0 if the log is empty."""
        last = self._session.scalar(select(AuditEntry).order_by(AuditEntry.position.desc()).limit(1))
        return Head(last.position, last.hash) if last else Head(0, GENESIS)

    def verify(self, *, known_head: Head | None = None) -> Head:
        """Verify the chain from the first entry to the last.

        Args:
            known_head: the end of the chain as an earlier call returned it.

        Returns:
            The end of the chain.

        Raises:
            AuditLogBroken: an entry is missing or was changed, or the chain does not contain `known_head`.
        """
        end = Head(0, GENESIS)
        for entry in self._entries():
            end = _follow(end, entry)
            if known_head and known_head.position == end.position and known_head.hash != end.hash:
                raise AuditLogBroken(end.position, "the chain was rewritten")
        if known_head and end.position < known_head.position:
            raise AuditLogBroken(
                end.position + 1, f"the log is cut off before the known entry {known_head.position}"
            )
        return end

    def _entries(self) -> Iterator[AuditEntry]:
        position, page = 0, select(AuditEntry).order_by(AuditEntry.position).limit(ROWS_PER_FETCH)
        while entries := self._session.scalars(page.where(AuditEntry.position > position)).all():
            yield from entries
            position = entries[-1].position

    def _lock(self) -> None:
        # On SQLite a unit that writes holds the only write lock already (storage/engine.py).
        if self._session.connection().dialect.name == "postgresql":
            self._session.execute(text("LOCK TABLE audit_log IN EXCLUSIVE MODE"))


def _follow(end: Head, entry: AuditEntry) -> Head:
    if entry.position != end.position + 1:
        raise AuditLogBroken(end.position + 1, f"it is missing, the next entry is {entry.position}")
    if entry.previous_hash != end.hash:
        raise AuditLogBroken(entry.position, "it does not carry the hash of the previous entry")
    if entry.hash != entry.expected_hash():
        raise AuditLogBroken(entry.position, "its content does not match its hash")
    return Head(entry.position, entry.hash)
