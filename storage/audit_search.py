"""Searches the audit log."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from storage.audit_log import AuditEntry

ROWS_PER_FETCH = 1_000


@dataclass(frozen=True)
class AuditFilter:
    """Selects entries; a field that is None selects all."""

    actor: str | None = None
    """Part of the actor, in any case."""
    action: str | None = None
    """Part of the action, in any case."""
    subject: str | None = None
    """Part of the subject, in any case."""
    about: str | None = None
    """The whole subject, exactly."""
    since: float | None = None
    """Earliest time, seconds since 1970."""
    until: float | None = None
    """Latest time, seconds since 1970."""


class AuditSearch:
    """Reads entries within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self, wanted: AuditFilter) -> int:
        """Count the selected entries."""
        return self._session.scalar(_of(select(func.count()).select_from(AuditEntry), wanted)) or 0

    def page(self, wanted: AuditFilter, *, offset: int, limit: int) -> list[AuditEntry]:
        """Return one page of the selected entries, newest first."""
        query = _of(select(AuditEntry), wanted).order_by(AuditEntry.position.desc())
        return list(self._session.scalars(query.offset(offset).limit(limit)))

    def all(self, wanted: AuditFilter) -> Iterator[AuditEntry]:
        """Yield every selected entry, oldest first; 1,000 are read at a time."""
        position = 0
        while True:
            query = _of(select(AuditEntry), wanted).where(AuditEntry.position > position)
            entries = self._session.scalars(query.order_by(AuditEntry.position).limit(ROWS_PER_FETCH)).all()
            if not entries:
                return
            yield from entries
            position = entries[-1].position


def _of(query: Select[Any], wanted: AuditFilter) -> Select[Any]:
    row = AuditEntry
    chosen: list[ColumnElement[bool]] = []
    contained = {row.actor: wanted.actor, row.action: wanted.action, row.subject: wanted.subject}
    chosen += [column.icontains(text, autoescape=True) for column, text in contained.items() if text]
    if wanted.about is not None:
        chosen.append(row.subject == wanted.about)
    if wanted.since is not None:
        chosen.append(row.time >= wanted.since)
    if wanted.until is not None:
        chosen.append(row.time <= wanted.until)
    return query.where(*chosen)
