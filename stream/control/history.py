"""What was in force at an earlier control offset, folded anew from the entries that were kept."""

from __future__ import annotations

from collections.abc import Iterable

from storage.control_entries import ControlEntry
from stream.control.envelope import unseal
from stream.control.errors import ControlRefused
from stream.control.keys import ControlKey
from stream.control.snapshot import Snapshot


def snapshot_of(entries: Iterable[ControlEntry], key: ControlKey) -> Snapshot:
    """Fold stored entries in their order, as a worker did; what it refused is refused here too."""
    snapshot = Snapshot()
    for stored in entries:
        record_key = f"{stored.kind}/{stored.entry_id}".encode()
        try:
            entry = unseal(stored.value, record_key, key)
            snapshot = snapshot.apply(entry, stored.control_offset)
        except ControlRefused:
            continue
    return snapshot
