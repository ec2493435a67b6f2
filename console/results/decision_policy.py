"""Results about the decision policy: in force, waiting, its versions, and the budget that all share."""

from __future__ import annotations

from dataclasses import dataclass

from replay.policy_radius import PolicyRadius


@dataclass(frozen=True)
class SegmentTerms:
    """A segment; bounds are surprises. Null reviews from the budget's threshold, and declines never."""

    name: str
    when: str
    review_from: float | None = None
    decline_from: float | None = None


@dataclass(frozen=True)
class BoundTerms:
    """The bounds of all transactions that no segment matches."""

    review_from: float | None = None
    decline_from: float | None = None


@dataclass(frozen=True)
class PolicyTerms:
    """What people write."""

    segments: list[SegmentTerms]
    otherwise: BoundTerms
    zone: str
    note: str


@dataclass(frozen=True)
class PolicyVersionRow:
    """One version on the control log; `terms` is null where it removed the policy."""

    control_offset: int
    at: float
    author: str
    written_by: str
    reason: str
    terms: PolicyTerms | None


@dataclass(frozen=True)
class PolicyWaiting(PolicyVersionRow):
    """A policy that waits for a second person; `seen` goes into its acceptance."""

    seen: str


@dataclass(frozen=True)
class PolicyPreview:
    """What a policy would do with stored traffic, by segment, beside what is in force."""

    radius: PolicyRadius


@dataclass(frozen=True)
class BudgetShare:
    """Alerts of one cause: `base`, `detectors`, `rules`, `segments` (by own bounds), or `lists and blocks`.

    `rejected` are those of them that were judged genuine. `used` is the part of the budget of these days that
    its alerts use, those judged fraud apart. `today` are its alerts of this day (UTC), `used_today` the part
    of a day's budget that they use.
    """

    of: str
    alerts: int
    a_day: float
    rejected: int
    used: float
    today: int
    used_today: float


@dataclass(frozen=True)
class BudgetUse:
    """Alerts of the last `days` days beside what the budget allows.

    `warning` says where rules leave the models their floor only.
    """

    days: float
    allowed_a_day: float
    a_day: float
    shares: list[BudgetShare]
    used: float = 0.0
    used_today: float = 0.0
    warning: str = ""


@dataclass(frozen=True)
class PolicyShown:
    """The decision policy: `terms` is null where the budget's threshold decides alone."""

    terms: PolicyTerms | None
    dormant: dict[str, str]
    """Why a segment matches nothing, by its name."""
    threshold: float | None
    """The surprise over which the budget reviews; null before it is set."""
    waiting: PolicyWaiting | None
    four_eyes: bool
    versions: list[PolicyVersionRow]
    """The newest first."""
    budget: BudgetUse
