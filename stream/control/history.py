"""What was in force earlier, folded anew from the entries that were kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from storage.control_entries import ControlEntry
from stream.control.entry import Entry
from stream.control.envelope import unseal
from stream.control.errors import ControlRefused
from stream.control.keys import ControlKey
from stream.control.snapshot import Snapshot


@dataclass(frozen=True)
class Change:
    """An entry that workers applied, and its place in the log."""

    entry: Entry
    offset: int


def changes_of(stored: Iterable[ControlEntry], key: ControlKey) -> list[Change]:
    """Stored entries in their order, without those that do not verify or are replays; not loaded."""
    changes: list[Change] = []
    sequences: dict[bytes, int] = {}
    for one in stored:
        try:
            entry = unseal(one.value, f"{one.kind}/{one.entry_id}".encode(), key)
        except ControlRefused:
            continue
        if entry.sequence > sequences.get(entry.key, -1):
            sequences[entry.key] = entry.sequence
            changes.append(Change(entry, one.control_offset))
    return changes


def in_force_at(changes: Iterable[Change], time: float) -> list[Change]:
    """The last change of each key signed up to `time` (seconds since 1970), without what was retired."""
    latest = {change.entry.key: change for change in changes if change.entry.time <= time}
    return sorted((c for c in latest.values() if not c.entry.retired), key=lambda c: c.offset)


def snapshot_of(entries: Iterable[ControlEntry], key: ControlKey) -> Snapshot:
    """What a worker had in force that read `entries`; what it refused is refused here too."""
    snapshot = Snapshot()
    for change in changes_of(entries, key):
        try:
            snapshot = snapshot.apply(change.entry, change.offset)
        except ControlRefused:
            continue
    return snapshot
