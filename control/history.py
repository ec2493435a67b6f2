"""What was in force earlier, folded again from stored entries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from control.entry import LoggedEntry
from control.envelope import unseal
from control.errors import ControlRefused
from control.keys import ControlKey
from control.snapshot import Snapshot


class StoredEntry(Protocol):
    """A record of the control log as the recorder stored it."""

    @property
    def kind(self) -> str: ...
    @property
    def entry_id(self) -> str: ...
    @property
    def value(self) -> bytes: ...
    @property
    def control_offset(self) -> int: ...


def changes_of(stored: Iterable[StoredEntry], key: ControlKey) -> list[LoggedEntry]:
    """Verify stored entries; their parts are not loaded.

    Returns:
        The entries that verify and are no replays, in the given order.
    """
    key = key.of_history()
    changes: list[LoggedEntry] = []
    sequences: dict[bytes, int] = {}
    for one in stored:
        try:
            entry = unseal(one.value, f"{one.kind}/{one.entry_id}".encode(), key)
        except ControlRefused:
            continue
        if entry.sequence > sequences.get(entry.key, -1):
            sequences[entry.key] = entry.sequence
            changes.append(LoggedEntry(entry, one.control_offset))
    return changes


def in_force_at(changes: Iterable[LoggedEntry], time: float) -> list[LoggedEntry]:
    """Return the last change of each key signed up to `time` (seconds since 1970), if not retired."""
    latest = {change.entry.key: change for change in changes if change.entry.time <= time}
    return sorted((c for c in latest.values() if not c.entry.retired), key=lambda c: c.offset)


def snapshot_of(entries: Iterable[StoredEntry], key: ControlKey) -> Snapshot:
    """Return what a worker has in force that read `entries`; it skips what workers refuse."""
    return Snapshot().fold(changes_of(entries, key)).snapshot
