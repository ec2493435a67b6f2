"""Finds entries of the audit log."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from storage.audit_log import AuditEntry

ROWS_PER_FETCH = 1_000


@dataclass(frozen=True)
class AuditFilter:
    """Which entries; what is None does not matter. The first three need only be contained, in any case."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    about: str | None = None
    """The whole subject."""
    since: float | None = None
    until: float | None = None


class AuditSearch:
    """Reads entries within the caller's unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self, wanted: AuditFilter) -> int:
        """How many entries there are."""
        return self._session.scalar(_of(select(func.count()).select_from(AuditEntry), wanted)) or 0

    def page(self, wanted: AuditFilter, *, offset: int, limit: int) -> list[AuditEntry]:
        """One page, newest first."""
        query = _of(select(AuditEntry), wanted).order_by(AuditEntry.position.desc())
        return list(self._session.scalars(query.offset(offset).limit(limit)))

    def all(self, wanted: AuditFilter) -> Iterator[AuditEntry]:
        """Every entry, oldest first, read a step at a time."""
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
