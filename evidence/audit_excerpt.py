"""The entries of the audit log about a base or detector, after a check of the whole log."""

from __future__ import annotations

from evidence.document import Audit, AuditLine
from evidence.subject import Subject
from storage import UnitOfWork
from storage.audit_log import AuditEntry
from storage.audit_search import AuditFilter

MOST_LINES = 500
"""Newest entries of each subject that a document holds; a busy detector has some ten a day."""


def audit_excerpt(unit: UnitOfWork, subject: Subject) -> Audit:
    """Verify the audit log, and return its entries about the subject, oldest first.

    Raises:
        AuditLogBroken: the log was changed.
    """
    verified = unit.audit.verify()
    subjects = {subject.id, f"{subject.kind}/{subject.id}"} | (
        {subject.episode.id} if subject.episode else set()
    )
    filters = [AuditFilter(about=one) for one in sorted(subjects)]
    count = sum(unit.audit_search.count(one) for one in filters)
    found = [line for one in filters for line in unit.audit_search.page(one, offset=0, limit=MOST_LINES)]
    found.sort(key=lambda entry: entry.position)
    keyed = "not keyed" if verified.keyed_from is None else f"keyed from entry {verified.keyed_from} on"
    return Audit(
        end=str(verified.head),
        verified=f"every hash from the first entry to the end; {keyed}",
        left_out=count - len(found),
        lines=tuple(_line(entry) for entry in found),
    )


def _line(entry: AuditEntry) -> AuditLine:
    return AuditLine(
        position=entry.position,
        time=entry.time,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        details=entry.details,
        previous_hash=entry.previous_hash,
        hash=entry.hash,
        key_id=entry.key_id,
    )
