"""Gathers the document about one base or detector from what is stored."""

from __future__ import annotations

import math
from typing import Any

from control.entry import Entry as ControlEntry
from control.entry import Kind, LoggedEntry
from evidence.audit_excerpt import audit_excerpt
from evidence.document import Audit, Change, Decision, Document, Entry, Gate, Governance, Rollback
from evidence.inventory import row_of
from evidence.masking import Masker
from evidence.model_data import flags_of, training_of
from evidence.rule import rule_of
from evidence.source import Source
from evidence.state import monitoring_of, outcomes_of
from evidence.subject import Subject
from evidence.words import limits_of, purpose_of
from storage.approvals import APPROVED
from storage.episodes import REVIEW

APPROVE = "approve"
UNDOING = ("rollback", "retire")
"""Actions of the audit log that take a change back."""


def gather(source: Source, subject: Subject, *, made_by: str) -> Document:
    """Return everything that is known about a base or detector.

    Args:
        source: what is stored.
        subject: the base or detector.
        made_by: who asks for the document.

    Raises:
        AuditLogBroken: the audit log was changed.
    """
    changes = subject.changes(source)
    last = changes[-1] if changes else None
    audit = audit_excerpt(source.unit, subject)
    row = row_of(source, subject.kind, subject.id, subject.episode)
    undone = tuple(line.time for line in audit.lines if line.action in UNDOING)
    return Document(
        made_at=source.now,
        made_by=made_by,
        inventory=row,
        purpose=purpose_of(subject, last),
        limits=limits_of(subject),
        budget=source.policy.alert_rate,
        entry=_entry(last.entry) if last else None,
        training=training_of(last.entry) if last and subject.is_base else None,
        flags=flags_of(subject, last) if subject.detector is not None else None,
        rule=rule_of(last),
        gate=_gate(source, subject),
        governance=_governance(source, subject, audit),
        changes=tuple(_change(one) for one in changes),
        outcomes=outcomes_of(source, subject, last, row.state),
        monitoring=monitoring_of(source.unit),
        rollback=_rollback(source, last, undone),
        audit=audit,
    )


def _entry(entry: ControlEntry) -> Entry:
    return Entry(
        kind=entry.kind,
        id=entry.id,
        retired=entry.retired,
        parent=entry.parent,
        values=dict(entry.values),
        parts=entry.part_hashes,
        content_hash=entry.content_hash,
    )


def _change(change: LoggedEntry) -> Change:
    entry = change.entry
    what = "taken out of force" if entry.retired else "put into force"
    if entry.kind is Kind.SHADOW:
        what = "trial ended" if entry.retired else "put on trial"
    threshold = entry.values.get("threshold", entry.values.get("shadow_threshold"))
    return Change(
        control_offset=change.offset,
        time=entry.time,
        author=entry.author,
        reason=entry.reason,
        what=what,
        content_hash=entry.content_hash,
        threshold=float(threshold) if threshold is not None else None,
    )


def _gate(source: Source, subject: Subject) -> Gate | None:
    row, episode = subject.detector, subject.episode
    if row is None or episode is None:
        return None
    found = {name: value for name, value in row.gate.items() if name != REVIEW}
    masked = Masker.of_episode(source.unit, episode).mask(finite(found))
    return Gate(measured_at=row.created_at, threshold=row.threshold, findings=masked)


def _governance(source: Source, subject: Subject, audit: Audit) -> Governance:
    """Return decisions of the console, and approvals by other ways, which only the audit log has."""
    stored = source.unit.approvals.of_episode(subject.episode.id) if subject.episode else []
    decided = [Decision(one.time, one.author, one.decision, one.flagged_by, one.note) for one in stored]
    authors = {one.author for one in stored}
    decided += [
        Decision(line.time, line.actor, APPROVED, str(line.details.get("flagged_by", "")), "")
        for line in audit.lines
        if line.action == APPROVE and line.actor not in authors
    ]
    decided.sort(key=lambda one: one.time)
    return Governance(source.policy.policy, source.policy.four_eyes, tuple(decided))


def _rollback(source: Source, last: LoggedEntry | None, undone: tuple[float, ...]) -> Rollback:
    """Rebuild the state before the last change, which is what a rollback restores."""
    if last is None:
        return Rollback("none: nothing was announced", "nothing", False, None, undone)
    key, before = last.entry.key.decode(), source.before(last)
    earlier = before.applied.get(last.entry.key)
    restores = "nothing under this key: it is taken out of force"
    if earlier is not None:
        state = "retired" if earlier.entry.retired else "in force"
        restores = f"the version of control offset {earlier.offset}, {state}, {earlier.entry.content_hash}"
    rehearsed = before.offset == source.newest_before(last)
    return Rollback(f"flagfive rollback '{key}'", restores, rehearsed, before.threshold, undone)


def finite(value: Any) -> Any:
    """Return a copy of a JSON value in which numbers that JSON cannot hold are null.

    Example:
        >>> finite({"a": [1.0, float("inf")]})
        {'a': [1.0, None]}
    """
    if isinstance(value, dict):
        return {str(name): finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
