"""Results about the control log."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ControlRow:
    """One change; `can_roll_back` where nothing has changed its key since."""

    control_offset: int
    key: str
    kind: str
    id: str
    author: str
    reason: str
    time: float
    retired: bool
    can_roll_back: bool


@dataclass(frozen=True)
class ControlList:
    """A page of changes, or all that was in force."""

    total: int
    rows: list[ControlRow]
