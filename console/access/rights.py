"""Roles and their rights. Every route of the API requires one right."""

from enum import StrEnum

from storage.api_tokens import DECISIONS_SCOPE


class Right(StrEnum):
    """A right that a route can require."""

    SIGNED_IN = "signed in"
    """Own session and own saved views."""
    READ = "read"
    """Alerts, transactions (cards masked), entities, episodes, detectors, cases, monitoring."""
    DECIDE = "decide"
    """Judge, assign and snooze alerts; write notes; work on cases."""
    FLAG = "flag"
    """Preview and flag episodes; confirm and reject their matches."""
    LABEL = "label"
    """Label transactions, as a chargeback feed does."""
    REVEAL = "reveal"
    """See an unmasked card token; the audit log records each use."""
    APPROVE = "approve"
    """Approve, reject and retire episodes; roll back changes."""
    AUDIT = "audit"
    """Read users, tokens, policy, approvals and the audit log."""
    ADMINISTER = "administer"
    """Change users, tokens and policy."""
    SCORE = "score"
    """Ask for decisions; only tokens have it, and only `flagfive decide` checks it."""


class Role(StrEnum):
    """The role of a user."""

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
    """A scope of an API token; tokens have no role."""

    READ = "read"
    LABELS = "labels"
    EPISODES = "episodes"
    DECISIONS = DECISIONS_SCOPE


RIGHT_OF_SCOPE: dict[Scope, Right] = {
    Scope.READ: Right.READ,
    Scope.LABELS: Right.LABEL,
    Scope.EPISODES: Right.FLAG,
    Scope.DECISIONS: Right.SCORE,
}
