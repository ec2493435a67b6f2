"""Who did what, in a chain of hashes: an entry changed or taken out shows (PCI DSS 4.0.1, 10.3)."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Float, Index, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.card_numbers import MaskedText, mask_card_numbers
from storage.errors import AuditLogBroken
from storage.table import BigIdentity, TableBase

GENESIS = "0" * 64
ROWS_PER_FETCH = 1_000


class AuditEntry(TableBase):
    """One act. Triggers refuse to change or delete it; `hash` covers it and the hash before it."""

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
        """SHA-256 over the previous hash and this entry's content."""
        content = [self.position, self.time, self.actor, self.action, self.subject, self.details]
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256((self.previous_hash + canonical).encode()).hexdigest()


@dataclass(frozen=True)
class Head:
    """The end of the chain; kept elsewhere, it shows that nothing was cut off at the end."""

    position: int
    hash: str


class AuditLog:
    """Appends and verifies within the caller's unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(
        self, actor: str, action: str, *, subject: str, time: float, details: dict[str, Any] | None = None
    ) -> AuditEntry:
        """Add an entry after the last one; two writers take turns, so the chain never forks."""
        self._lock()
        head = self.head()
        # Masked and turned into plain JSON now, since the hash must cover what will be read back.
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

    def head(self) -> Head:
        """The last entry's position and hash; position 0 where the log is empty."""
        last = self._session.scalar(select(AuditEntry).order_by(AuditEntry.position.desc()).limit(1))
        return Head(last.position, last.hash) if last else Head(0, GENESIS)

    def verify(self, *, known_head: Head | None = None) -> Head:
        """Follow the chain from the first entry; returns its end.

        Raises AuditLogBroken where an entry is missing, was changed, or `known_head` is not in the chain.
        """
        end = Head(0, GENESIS)
        for entry in self._entries():
            end = _follow(end, entry)
            if known_head and known_head.position == end.position and known_head.hash != end.hash:
                raise AuditLogBroken(end.position, "the whole chain was written anew")
        if known_head and end.position < known_head.position:
            raise AuditLogBroken(end.position + 1, f"cut off before entry {known_head.position}")
        return end

    def _entries(self) -> Iterator[AuditEntry]:
        position, page = 0, select(AuditEntry).order_by(AuditEntry.position).limit(ROWS_PER_FETCH)
        while entries := self._session.scalars(page.where(AuditEntry.position > position)).all():
            yield from entries
            position = entries[-1].position

    def _lock(self) -> None:
        # SQLite's units that write hold the one write lock already (storage/engine.py).
        if self._session.connection().dialect.name == "postgresql":
            self._session.execute(text("LOCK TABLE audit_log IN EXCLUSIVE MODE"))


def _follow(end: Head, entry: AuditEntry) -> Head:
    if entry.position != end.position + 1:
        raise AuditLogBroken(end.position + 1, f"missing; the next one is {entry.position}")
    if entry.previous_hash != end.hash:
        raise AuditLogBroken(entry.position, "does not name the hash of the entry before it")
    if entry.hash != entry.expected_hash():
        raise AuditLogBroken(entry.position, "its content does not give its hash")
    return Head(entry.position, entry.hash)
