"""What a document is made from: stored rows, and what the control log holds by now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from contracts.standing_policy import StandingPolicy
from control.entry import Kind, LoggedEntry
from control.history import changes_of, snapshot_of
from control.keys import ControlKey
from control.snapshot import Snapshot
from storage import UnitOfWork
from storage.control_entries import ControlEntry


@dataclass(frozen=True)
class Source:
    """Reads within one unit of work.

    Attributes:
        unit: an open unit of work.
        key: verifies the control log.
        policy: the standing policy in force.
        now: time of the document, seconds since 1970-01-01 UTC.
    """

    unit: UnitOfWork
    key: ControlKey
    policy: StandingPolicy
    now: float

    @cached_property
    def stored(self) -> list[ControlEntry]:
        """Every stored entry of the control log."""
        return self.unit.control.all()

    @cached_property
    def changes(self) -> dict[str, list[LoggedEntry]]:
        """Verified entries by `kind/id`, oldest first; forged and replayed ones are left out."""
        found: dict[str, list[LoggedEntry]] = {}
        for change in changes_of(self.stored, self.key):
            found.setdefault(change.entry.key.decode(), []).append(change)
        return found

    @cached_property
    def snapshot(self) -> Snapshot:
        """What is in force by the newest stored entry."""
        return snapshot_of(self.stored, self.key)

    def before(self, change: LoggedEntry) -> Snapshot:
        """Rebuild what was in force just before a change."""
        return snapshot_of((one for one in self.stored if one.control_offset < change.offset), self.key)

    def newest_before(self, change: LoggedEntry) -> int:
        """Return the control offset of the verified entry before a change; -1 without one."""
        offsets = (one.offset for found in self.changes.values() for one in found)
        return max((offset for offset in offsets if offset < change.offset), default=-1)

    def last_calibration(self) -> LoggedEntry | None:
        """Return the last entry that fitted tails or threshold to traffic."""
        fitted = [
            one for key, found in self.changes.items() if key.startswith(Kind.THRESHOLD) for one in found
        ]
        return max(fitted, key=lambda one: one.offset, default=None)
