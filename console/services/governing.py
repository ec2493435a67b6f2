"""The standing policy, and the episodes that wait for approval."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.policy import standing_policy
from console.results.administration import ApprovalDecision, ApprovalList, PolicyInForce
from console.services.approving import UNDECIDED
from console.services.episodes import rows_of_episodes
from storage import UnitOfWork
from storage.policies import PolicyVersion


def policy(context: ConsoleContext) -> PolicyInForce:
    """Return the policy in force."""
    with context.unit(reads_only=True) as unit:
        return _in_force(context, unit)


def set_policy(context: ConsoleContext, viewer: Viewer, changes: dict[str, Any]) -> PolicyInForce:
    """Put the terms in `changes` into force; the others stay as they are."""
    now = context.clock()
    with context.unit() as unit:
        before, current = _in_force(context, unit), unit.policies.current()
        terms = (current.terms if current else {}) | changes
        unit.policies.add(PolicyVersion(author=viewer.name, time=now, terms=terms))
        unit.session.flush()
        after = _in_force(context, unit)
        note(unit, viewer, Act("set policy", "policy", asdict(before), asdict(after)), now)
        unit.commit()
    return after


def approvals(context: ConsoleContext, *, offset: int, limit: int) -> ApprovalList:
    """Return all episodes that wait, and a page of past decisions."""
    with context.unit(reads_only=True) as unit:
        waiting = rows_of_episodes(unit, unit.episodes.with_status(*UNDECIDED))
        past = unit.approvals.page(offset=offset, limit=limit)
    return ApprovalList(
        len(waiting),
        waiting,
        [
            ApprovalDecision(
                one.episode_id, one.episode, one.flagged_by, one.decision, one.author, one.note, one.time
            )
            for one in past
        ],
    )


def _in_force(context: ConsoleContext, unit: UnitOfWork) -> PolicyInForce:
    standing = standing_policy(context, unit)
    return PolicyInForce(**{field.name: getattr(standing, field.name) for field in fields(PolicyInForce)})
