"""A change that somebody wants, before it is signed and has a place in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from control.entry import Entry, Kind


@dataclass(frozen=True)
class Change:
    """What an announcer wants changed; author, reason and content, but no sequence yet."""

    kind: Kind
    id: str
    author: str
    reason: str
    parts: Mapping[str, bytes]
    values: Mapping[str, Any]
    parent: str | None = None
    retired: bool = False

    def entry(self, *, sequence: int, time: float) -> Entry:
        """The change as an entry of this sequence."""
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
