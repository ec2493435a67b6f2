"""The history of the control log."""

from __future__ import annotations

from console.context import ConsoleContext
from console.results.control_entries import ControlList, ControlRow
from storage.control_entries import ControlEntry


def changes(
    context: ConsoleContext, *, kind: str | None, entry_id: str | None, offset: int, limit: int
) -> ControlList:
    """Return a page of changes, newest first."""
    with context.unit(reads_only=True) as unit:
        entries = unit.control.page(kind=kind, entry_id=entry_id, offset=offset, limit=limit)
        keys = {(entry.kind, entry.entry_id) for entry in entries}
        last = {key: unit.control.latest_offset(*key) for key in keys}
        return ControlList(
            unit.control.count(kind=kind, entry_id=entry_id),
            [_row(entry, last[entry.kind, entry.entry_id] == entry.control_offset) for entry in entries],
        )


def in_force(context: ConsoleContext, at: float) -> ControlList:
    """Return everything in force at a time of signing (seconds since 1970 UTC)."""
    with context.unit(reads_only=True) as unit:
        entries = unit.control.in_force_at(at)
    return ControlList(len(entries), [_row(entry, False) for entry in entries])


def _row(entry: ControlEntry, last: bool) -> ControlRow:
    return ControlRow(
        entry.control_offset,
        f"{entry.kind}/{entry.entry_id}",
        entry.kind,
        entry.entry_id,
        entry.author,
        entry.reason,
        entry.time,
        entry.retired,
        last,
    )
