"""Results about users, tokens, approvals and the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from console.results.episodes import EpisodeRow


@dataclass(frozen=True)
class UserRow:
    """One user; `signs_in_by` is `password` (or a one-time link before they set one) or `provider`."""

    id: int
    name: str
    role: str
    active: bool
    signs_in_by: str
    second_factor: bool
    created_at: float


@dataclass(frozen=True)
class UserList:
    """All users."""

    total: int
    rows: list[UserRow]


@dataclass(frozen=True)
class UserCreated:
    """A new user; without a password, `link_token` signs them in once, within an hour."""

    user: UserRow
    link_token: str | None


@dataclass(frozen=True)
class TokenRow:
    """One token, without its secret."""

    id: int
    name: str
    scopes: list[str]
    author: str
    created_at: float
    expires_at: float | None
    revoked_at: float | None


@dataclass(frozen=True)
class TokenList:
    """All tokens."""

    total: int
    rows: list[TokenRow]


@dataclass(frozen=True)
class TokenCreated:
    """A new token; `token` is the secret and is returned only here."""

    token: str
    row: TokenRow


@dataclass(frozen=True)
class PolicyProposed:
    """A change of the policy that waits for another administrator; `changes` has its terms."""

    id: int
    author: str
    time: float
    changes: dict[str, Any]


@dataclass(frozen=True)
class PolicyInForce:
    """The standing policy, as far as administrators can change it in the console.

    Attributes:
        alert_rate: budget as a share of genuine traffic, above 0, at most 0.5.
        alerts_per_day: budget as alerts a day. Where it is above 0, it replaces `alert_rate`.
        policy: what happens to a detector that passed the gate: it goes live, waits for approval, or scores
            silently.
        four_eyes: whether another person must approve an episode.
        transactions_days: days that transactions are kept; 0 keeps all.
        alerts_days: days that alerts are kept; 0 keeps all.
        proposed: a change that waits for another administrator, under four eyes.
    """

    alert_rate: float
    alerts_per_day: float
    policy: Literal["auto", "approve", "shadow"]
    four_eyes: bool
    transactions_days: float
    alerts_days: float
    proposed: PolicyProposed | None = None


@dataclass(frozen=True)
class ApprovalDecision:
    """A past decision on an episode."""

    episode_id: str
    episode: str
    flagged_by: str
    decision: str
    author: str
    note: str
    time: float


@dataclass(frozen=True)
class ApprovalList:
    """Episodes that wait for approval, oldest first, and past decisions, newest first."""

    total: int
    rows: list[EpisodeRow]
    decided: list[ApprovalDecision]


@dataclass(frozen=True)
class AuditRow:
    """One audit entry: author, address, action, subject, state before and after.

    `before`, `after` and `details` are free-form: their fields depend on the action.
    """

    id: int
    time: float
    author: str
    address: str
    action: str
    subject: str
    before: dict[str, Any]
    after: dict[str, Any]
    details: dict[str, Any]
    hash: str


@dataclass(frozen=True)
class AuditList:
    """A page of audit entries."""

    total: int
    rows: list[AuditRow]


@dataclass(frozen=True)
class AuditCheck:
    """Whether the hash chain is intact; if not, `first_bad` is the first broken entry.

    Entries from `keyed_from` on are sealed with a key that the database does not hold.
    """

    intact: bool
    entries: int
    head: str
    first_bad: int | None = None
    problem: str = ""
    keyed_from: int | None = None
