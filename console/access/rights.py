"""Roles and what each may do. Every route of the API asks for one right."""

from enum import StrEnum


class Right(StrEnum):
    """One thing that may be allowed."""

    SIGNED_IN = "signed in"
    """Own session and own saved views."""
    READ = "read"
    """Alerts, transactions (cards masked), entities, episodes, detectors, cases, monitoring."""
    DECIDE = "decide"
    """Judge, assign and snooze alerts; write notes; work on cases."""
    FLAG = "flag"
    """Preview and make episodes, confirm and reject their matches."""
    LABEL = "label"
    """Say what transactions turned out to be, as a chargeback feed does."""
    REVEAL = "reveal"
    """See a whole card token; each time is in the audit log."""
    APPROVE = "approve"
    """Put episodes into force, take them out, roll back."""
    AUDIT = "audit"
    """Read users, tokens, policy, approvals and the audit log."""
    ADMINISTER = "administer"
    """Change users, tokens and policy."""


class Role(StrEnum):
    """What a user is."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    LEAD = "lead"
    ADMIN = "admin"
    AUDITOR = "auditor"


_VIEWER = frozenset({Right.SIGNED_IN, Right.READ})
_ANALYST = _VIEWER | {Right.DECIDE, Right.FLAG, Right.LABEL, Right.REVEAL}
_LEAD = _ANALYST | {Right.APPROVE}

RIGHTS_OF: dict[Role, frozenset[Right]] = {
    Role.VIEWER: _VIEWER,
    Role.ANALYST: _ANALYST,
    Role.LEAD: _LEAD,
    Role.ADMIN: _LEAD | {Right.AUDIT, Right.ADMINISTER},
    Role.AUDITOR: _VIEWER | {Right.AUDIT},
}


class Scope(StrEnum):
    """What a machine's token may be given; a machine has no role."""

    READ = "read"
    LABELS = "labels"
    EPISODES = "episodes"


RIGHT_OF_SCOPE: dict[Scope, Right] = {
    Scope.READ: Right.READ,
    Scope.LABELS: Right.LABEL,
    Scope.EPISODES: Right.FLAG,
}
