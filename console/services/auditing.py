"""Reads the audit log, and checks that it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from console.context import ConsoleContext
from storage.audit_log import AuditEntry
from storage.audit_search import AuditFilter
from storage.errors import AuditLogBroken


@dataclass(frozen=True)
class AuditRow:
    """One act: who, from where, what, on what, before and after; `details` holds what else is known."""

    id: int
    time: float
    author: str
    address: str
    action: str
    subject: str
    before: dict[str, Any]
    after: dict[str, Any]
    details: dict[str, Any]
    hash: str


@dataclass(frozen=True)
class AuditList:
    """A page of acts."""

    total: int
    rows: list[AuditRow]


@dataclass(frozen=True)
class Checked:
    """Whether the chain of hashes is whole; else the first entry that does not follow, and why."""

    intact: bool
    entries: int
    head: str
    first_bad: int | None = None
    problem: str = ""


def list_acts(context: ConsoleContext, wanted: AuditFilter, *, offset: int, limit: int) -> AuditList:
    """A page, newest first."""
    with context.unit(reads_only=True) as unit:
        entries = unit.audit_search.page(wanted, offset=offset, limit=limit)
        return AuditList(unit.audit_search.count(wanted), [_row(entry) for entry in entries])


def exported_acts(context: ConsoleContext, wanted: AuditFilter) -> Iterator[dict[str, Any]]:
    """Every act, oldest first, for a file."""
    with context.unit(reads_only=True) as unit:
        yield from (asdict(_row(entry)) for entry in unit.audit_search.all(wanted))


def check_chain(context: ConsoleContext) -> Checked:
    """Follow the chain from its beginning."""
    with context.unit(reads_only=True) as unit:
        end = unit.audit.head()
        try:
            found = unit.audit.verify()
        except AuditLogBroken as broken:
            return Checked(False, end.position, end.hash, broken.position, str(broken))
    return Checked(True, found.position, found.hash)


def _row(entry: AuditEntry) -> AuditRow:
    details = dict(entry.details)
    return AuditRow(
        id=entry.position,
        time=entry.time,
        author=entry.actor,
        address=details.pop("from", ""),
        action=entry.action,
        subject=entry.subject,
        before=details.pop("before", {}),
        after=details.pop("after", {}),
        details=details,
        hash=entry.hash,
    )
