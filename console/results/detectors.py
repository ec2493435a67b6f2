"""Results about detectors and bases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrialRow:
    """What a shadow detector or base would have alerted; `new` counts those without a live alert."""

    alerts: int
    new: int
    fraud: int
    genuine: int
    new_amount: float


@dataclass(frozen=True)
class InForce:
    """The period that a base was in force, in control offsets: `from_offset` up to before `to_offset`."""

    began_at: float
    ended_at: float | None
    """Time of signing; null while the base is in force, as is `to_offset`."""
    from_offset: int
    to_offset: int | None
    replaced_by: str
    """Author of the change that ended the period."""
    why_replaced: str
    threshold: float | None
    """The last joint threshold of the period, as surprise."""
    rollback_offset: int | None
    """The change to roll back to restore this base; null if there is none."""


@dataclass(frozen=True)
class Training:
    """The training data of a base, from its artifact. Times are event times in seconds since 1970 UTC."""

    artifact: str
    """SHA-256 of the artifact; `flagfive promote` prints the first twelve digits."""
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
    """One detector or base.

    `share` is its share of the budget, null if it is not in force. `in_force` and `training` are set for
    bases, in `/detectors/bases` and in a request by id.
    """

    id: str
    kind: str
    name: str
    episode: str
    status: str
    reason: str
    """Why it is a draft or was retired; otherwise empty."""
    author: str
    adapter: str
    created_at: float
    control_offset: int | None
    share: float | None
    alerts: int
    confirmed: int
    rejected: int
    money_held: float
    """Amount of the confirmed alerts."""
    money_open: float
    """Amount of the alerts that no one has judged."""
    precision: float | None
    trial: TrialRow | None
    gate: dict[str, Any]
    """Findings of the gate. Free-form: their fields depend on the adapter."""
    in_force: InForce | None = None
    training: Training | None = None


@dataclass(frozen=True)
class DetectorList:
    """All detectors or bases."""

    total: int
    rows: list[DetectorSummary]


@dataclass(frozen=True)
class Difference:
    """One difference; the type of `a` and `b` depends on the field `what`."""

    what: str
    a: Any
    b: Any


@dataclass(frozen=True)
class DetectorComparison:
    """Two detectors or bases, and their differences."""

    a: DetectorSummary
    b: DetectorSummary
    differences: list[Difference]
