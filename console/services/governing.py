"""The standing policy, and the episodes that wait for approval."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.errors import NotAllowed, NotFound
from console.policy import standing_policy
from console.results.administration import ApprovalDecision, ApprovalList, PolicyInForce, PolicyProposed
from console.services.episodes import rows_of_episodes
from storage import UnitOfWork
from storage.policies import APPROVED, PolicyProposal, PolicyVersion

_PROPOSED = "proposed"


def policy(context: ConsoleContext) -> PolicyInForce:
    """Return the policy in force."""
    with context.unit(reads_only=True) as unit:
        return _in_force(context, unit)


def set_policy(context: ConsoleContext, viewer: Viewer, changes: dict[str, Any]) -> PolicyInForce:
    """Put the terms in `changes` into force; the others stay as they are.

    Under four eyes, they wait as a proposal until another administrator approves them. That holds for every
    term: a larger budget or a shorter retention changes detection as much as the policy itself.
    """
    now = context.clock()
    with context.unit() as unit:
        if standing_policy(context, unit).four_eyes:
            unit.policies.propose(PolicyProposal(author=viewer.name, time=now, terms=changes))
            note(unit, viewer, Act("propose policy", "policy", after=changes), now)
        else:
            _put_in_force(context, unit, viewer, changes, now)
        unit.session.flush()
        after = _in_force(context, unit)
        unit.commit()
    return after


def decide_policy(context: ConsoleContext, viewer: Viewer, proposal_id: int, decision: str) -> PolicyInForce:
    """Approve or reject the proposal that waits.

    Args:
        context: tools of the console.
        viewer: who decides; another administrator than the one who proposed, unless they withdraw it.
        proposal_id: the proposal that the viewer has seen.
        decision: APPROVED or REJECTED.

    Raises:
        NotFound: this proposal does not wait, or does not wait any more.
        NotAllowed: the viewer approves a proposal of their own.
    """
    now = context.clock()
    with context.unit() as unit:
        waiting = unit.policies.proposal()
        if waiting is None or waiting.id != proposal_id:
            raise NotFound(f"no policy proposal {proposal_id} waits", where="proposal_id")
        if decision == APPROVED and waiting.author == viewer.name:
            raise NotAllowed(
                f"{viewer.name} proposed it, so another administrator must approve it", where="four eyes"
            )
        waiting.decision, waiting.decided_by, waiting.decided_at = decision, viewer.name, now
        if decision == APPROVED:
            _put_in_force(context, unit, viewer, dict(waiting.terms), now, proposed_by=waiting.author)
        else:
            note(
                unit,
                viewer,
                Act("reject policy", "policy", {"proposed_by": waiting.author}, waiting.terms),
                now,
            )
        unit.session.flush()
        after = _in_force(context, unit)
        unit.commit()
    return after


def approvals(context: ConsoleContext, *, offset: int, limit: int) -> ApprovalList:
    """Return all episodes that wait, and a page of past decisions."""
    with context.unit(reads_only=True) as unit:
        waiting = rows_of_episodes(unit, unit.episodes.undecided())
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


def _put_in_force(
    context: ConsoleContext,
    unit: UnitOfWork,
    viewer: Viewer,
    changes: dict[str, Any],
    now: float,
    *,
    proposed_by: str | None = None,
) -> None:
    before, current = asdict(standing_policy(context, unit)), unit.policies.current()
    terms = (current.terms if current else {}) | changes
    unit.policies.add(PolicyVersion(author=viewer.name, time=now, terms=terms))
    unit.session.flush()
    after = asdict(standing_policy(context, unit)) | ({"proposed_by": proposed_by} if proposed_by else {})
    note(unit, viewer, Act("set policy", "policy", before, after), now)


def _in_force(context: ConsoleContext, unit: UnitOfWork) -> PolicyInForce:
    standing, waiting = standing_policy(context, unit), unit.policies.proposal()
    proposed = None
    if waiting is not None:
        proposed = PolicyProposed(waiting.id, waiting.author, waiting.time, dict(waiting.terms))
    terms = {
        field.name: getattr(standing, field.name)
        for field in fields(PolicyInForce)
        if field.name != _PROPOSED
    }
    return PolicyInForce(**terms, proposed=proposed)
