"""A change before it is signed and has a place in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from control.entry import Entry, Kind


@dataclass(frozen=True)
class Change:
    """An entry without its sequence and time; see `Entry` for the fields."""

    kind: Kind
    id: str
    author: str
    reason: str
    parts: Mapping[str, bytes]
    values: Mapping[str, Any]
    parent: str | None = None
    retired: bool = False

    def entry(self, *, sequence: int, time: float) -> Entry:
        """Return the change as an entry of this sequence, announced at `time` (seconds since 1970)."""
        return Entry(
            kind=self.kind,
            id=self.id,
            author=self.author,
            reason=self.reason,
            time=time,
            sequence=sequence,
            parts=self.parts,
            values=self.values,
            parent=self.parent,
            retired=self.retired,
        )
