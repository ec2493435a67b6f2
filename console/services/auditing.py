"""Reads the audit log and verifies its hash chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from console.context import ConsoleContext
from console.results.administration import AuditCheck, AuditList, AuditRow
from storage.audit_log import AuditEntry
from storage.audit_search import AuditFilter
from storage.errors import AuditLogBroken


def list_acts(context: ConsoleContext, wanted: AuditFilter, *, offset: int, limit: int) -> AuditList:
    """Return a page of entries, newest first."""
    with context.unit(reads_only=True) as unit:
        entries = unit.audit_search.page(wanted, offset=offset, limit=limit)
        return AuditList(unit.audit_search.count(wanted), [_row(entry) for entry in entries])


def exported_acts(context: ConsoleContext, wanted: AuditFilter) -> Iterator[dict[str, Any]]:
    """Yield every entry, oldest first, for a file."""
    with context.unit(reads_only=True) as unit:
        yield from (asdict(_row(entry)) for entry in unit.audit_search.all(wanted))


def check_chain(context: ConsoleContext) -> AuditCheck:
    """Verify the hash chain from its first entry."""
    with context.unit(reads_only=True) as unit:
        end = unit.audit.head()
        try:
            found = unit.audit.verify()
        except AuditLogBroken as broken:
            return AuditCheck(False, end.position, end.hash, broken.position, str(broken))
    return AuditCheck(True, found.head.position, found.head.hash, keyed_from=found.keyed_from)


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
