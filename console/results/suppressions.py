"""Results about suppressions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SuppressionRow:
    """One suppression in force.

    `entity` and `key` are empty where a scorer is silenced for all. A card is masked in `key`; `reference`
    names it in requests. `scorer` is empty where all scorers but rules are silenced. `until` is an event time
    in seconds since 1970; `ended` means that it lies before the newest stored transaction.
    """

    id: str
    entity: str
    key: str
    reference: str
    scorer: str
    until: float | None
    ended: bool
    author: str
    reason: str
    changed_at: float
    control_offset: int


@dataclass(frozen=True)
class Suppressions:
    """All suppressions in force, newest first; `scorers` are those that one can name."""

    rows: list[SuppressionRow]
    scorers: list[str]
    entities: list[str]
