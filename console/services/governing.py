"""Policy, and what waits for a person's approval."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.policy import standing_policy
from console.results.administration import ApprovalDecision, ApprovalList
from console.services.approving import UNDECIDED
from console.services.episodes import rows_of_episodes
from contracts.standing_policy import StandingPolicy
from storage.policies import PolicyVersion


def policy(context: ConsoleContext) -> StandingPolicy:
    """What counts now."""
    with context.unit(reads_only=True) as unit:
        return standing_policy(context, unit)


def set_policy(context: ConsoleContext, viewer: Viewer, changes: dict[str, Any]) -> StandingPolicy:
    """Put terms into force; what is not given stays."""
    now = context.clock()
    with context.unit() as unit:
        before, current = standing_policy(context, unit), unit.policies.current()
        terms = (current.terms if current else {}) | changes
        unit.policies.add(PolicyVersion(author=viewer.name, time=now, terms=terms))
        unit.session.flush()
        after = standing_policy(context, unit)
        note(unit, viewer, Act("set policy", "policy", asdict(before), asdict(after)), now)
        unit.commit()
    return after


def approvals(context: ConsoleContext, *, offset: int, limit: int) -> ApprovalList:
    """What waits, and a page of past decisions."""
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
