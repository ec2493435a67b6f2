"""Named lists as the database holds them; a change is read once, and not at each request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from control.applied import Applied
from control.entry import Entry, Kind
from control.envelope import unseal
from control.errors import ControlRefused
from control.keys import ControlKey
from control.list_entries import list_and_bucket
from control.loading import load
from control.named_lists import NamedLists
from storage import UnitOfWork


@dataclass(frozen=True)
class StoredLists:
    """All lists at one moment.

    Attributes:
        lists: The lists with their values.
        newest: Newest entry of each list, of its definition or of a bucket, with its control offset.
    """

    lists: NamedLists = field(default_factory=NamedLists)
    newest: Mapping[str, tuple[int, Entry]] = field(default_factory=dict)


class ListCache:
    """Reads lists from the stored control log. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._offsets: dict[str, int] = {}
        self._stored = StoredLists()

    def read(self, unit: UnitOfWork, key: ControlKey | None) -> StoredLists:
        """Return the lists now; entries that do not verify are passed over, as workers refuse them.

        Args:
            unit: An open unit of work.
            key: Verifies entries; without one there are no lists.
        """
        if key is None:
            return StoredLists()
        with self._lock:
            now = unit.control.last_offsets(Kind.LIST)
            changed = [offset for one, offset in now.items() if self._offsets.get(one) != offset]
            if changed:
                self._take(unit, key.of_history(), sorted(changed))
            self._offsets = now
            return self._stored

    def _take(self, unit: UnitOfWork, key: ControlKey, offsets: list[int]) -> None:
        applied, newest = list[Applied](), dict(self._stored.newest)
        for offset in offsets:
            stored = unit.control.get(offset)
            if stored is None:
                continue
            try:
                entry = unseal(stored.value, f"{stored.kind}/{stored.entry_id}".encode(), key)
                applied.append(Applied(entry, offset, load(entry)))
            except ControlRefused:
                continue
            newest[list_and_bucket(entry.id)[0]] = offset, entry
        self._stored = StoredLists(self._stored.lists.after(applied), newest)
