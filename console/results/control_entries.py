"""Results about the control log."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ControlRow:
    """One change; `can_roll_back` is set if it is the last change of its key."""

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
    """A page of changes, or everything in force at a time."""

    total: int
    rows: list[ControlRow]
