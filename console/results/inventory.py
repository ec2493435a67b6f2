"""Results about the inventory of models."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelRow:
    """One base, detector, list or rule in force or on trial; times in seconds since 1970 UTC.

    Attributes:
        kind: kind of the control log; `shadow` is on trial.
        id: its id, unique in its kind.
        name: the name of the episode or rule, or a short hash.
        state: `in force`, `on trial`, `dormant` or `not in force`.
        owner: who answers for it; of a detector, who flagged its episode.
        since: when its first entry was signed.
        changed: when its last entry was signed.
        changed_by: author of the last entry.
        why: reason of the last entry.
        control_offset: place of the last entry; null without one.
        next_trigger: what makes it change or be reviewed next, in words.
    """

    kind: str
    id: str
    name: str
    state: str
    owner: str
    since: float
    changed: float
    changed_by: str
    why: str
    control_offset: int | None
    next_trigger: str


@dataclass(frozen=True)
class InventoryList:
    """All models, bases first."""

    total: int
    rows: list[ModelRow]
