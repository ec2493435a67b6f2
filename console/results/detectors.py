"""Results about detectors and bases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrialRow:
    """What one on trial would have alerted so far; `new` are those that nothing in force alerted."""

    alerts: int
    new: int
    fraud: int
    genuine: int
    new_amount: float


@dataclass(frozen=True)
class InForce:
    """When a base decided, in control offsets: from `from_offset` on, up to the one before `to_offset`."""

    began_at: float
    ended_at: float | None
    """Times of signing; null while it is in force, as are the next two."""
    from_offset: int
    to_offset: int | None
    replaced_by: str
    """Who announced what ended it."""
    why_replaced: str
    threshold: float | None
    """The joint threshold, as surprise, that counted last beside it."""
    rollback_offset: int | None
    """The change whose rollback brings it back; null where none does."""


@dataclass(frozen=True)
class Training:
    """What a base was trained on, as its artifact says. Times are event times."""

    artifact: str
    """SHA-256 of the artifact; `flagfive promote` tells the first twelve digits."""
    data_hash: str
    first_at: float
    last_at: float
    rows: int
    frauds: int
    seed: int
    held_out: tuple[str, ...]
    features: tuple[str, ...]


@dataclass(frozen=True)
class DetectorSummary:
    """One detector or base. `share` is its part of the budget, of what is in force; null elsewhere.

    `in_force` and `training` are told of bases, by `/detectors/bases` and where one is asked for by its id.
    """

    id: str
    kind: str
    name: str
    episode: str
    status: str
    reason: str
    """Why it is a draft or was retired; empty where there is nothing to explain."""
    author: str
    adapter: str
    created_at: float
    control_offset: int | None
    share: float | None
    alerts: int
    confirmed: int
    rejected: int
    money_held: float
    precision: float | None
    trial: TrialRow | None
    gate: dict[str, Any]
    """What the gate found."""
    in_force: InForce | None = None
    training: Training | None = None


@dataclass(frozen=True)
class DetectorList:
    """All of them, what is in force first."""

    total: int
    rows: list[DetectorSummary]


@dataclass(frozen=True)
class Difference:
    """One thing in which two differ."""

    what: str
    a: Any
    b: Any


@dataclass(frozen=True)
class DetectorComparison:
    """Two side by side."""

    a: DetectorSummary
    b: DetectorSummary
    differences: list[Difference]
