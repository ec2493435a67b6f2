"""Saves, accepts and removes the decision policy; steps as in `retiring`.

With four eyes a saved policy waits as `policy/proposal`, which decides nothing. Another person accepts it,
and it becomes `policy/decision`.
"""

from __future__ import annotations

from adaptation.context import AdaptationContext
from adaptation.going_live.result import PendingChange, RequestResult
from adaptation.intake.checks import RequestRefused
from adaptation.upkeep.noting import noted
from adaptation.upkeep.own_entry import REQUEST, own_entry
from adaptation.upkeep.second_person import refuse_writer
from contracts.answer import Answer
from contracts.request import Request
from control.applied import Applied
from control.change import Change
from control.entry import Kind
from control.policy_entries import (
    DECISION,
    DECISION_KEY,
    DEFINITION,
    POLICY_PREFIX,
    PROPOSAL,
    PROPOSAL_KEY,
    WRITTEN_BY,
)
from control.policy_in_force import proposal_of
from control.snapshot import Snapshot
from rules.errors import RuleError
from rules.policy.definition import ReadPolicy, policy_to_bytes, read_policy
from storage.episodes import WAITING

_NEXT = "another person accepts it with `flagfive policy accept`, or on the page Policy"


def save_policy(context: AdaptationContext, request: Request, asked_at: float) -> RequestResult:
    """Put a decision policy in force, or with four eyes let it wait for a second person.

    Args:
        context: database, control log, prepared calibration, standing policy.
        request: holds the policy.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.

    Returns:
        The change whose acknowledgements are awaited; an answer where the policy waits.

    Raises:
        RequestRefused: the policy cannot be read, or a condition cannot be bound.
    """
    snapshot = context.announcer.refresh()
    done = own_entry(snapshot, request)
    if done is not None:
        identity, offset = done.entry.id, done.offset
    else:
        identity = PROPOSAL if context.policy.four_eyes else DECISION
        policy = _read(request)
        _refuse_dormant(snapshot, _change(policy, request, DECISION, request.author))
        offset = context.announcer.announce(_change(policy, request, identity, request.author)).offset
    said: dict[str, object] = {"definition": request.definition}
    pending = noted(context, request, POLICY_PREFIX + identity, offset, asked_at, said)
    if identity == DECISION:
        return pending
    return Answer(request.request_id, WAITING, f"the decision policy waits: {_NEXT}", control_offset=offset)


def accept_policy(context: AdaptationContext, request: Request, asked_at: float) -> PendingChange:
    """Put the policy that waits in force.

    Args:
        context: database, control log, prepared calibration, standing policy.
        request: its definition is the content hash of the proposal that its author has looked at; empty for
            the one that waits.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.

    Returns:
        The change whose acknowledgements are awaited.

    Raises:
        RequestRefused: none waits, another one waits by now, its writer accepts it, or a condition can no
            longer be bound.
    """
    snapshot = context.announcer.refresh()
    done = own_entry(snapshot, request)
    if done is None:
        waiting = proposal_of(snapshot.applied)
        if waiting is None or not isinstance(waiting.loaded, ReadPolicy):
            raise RequestRefused("no decision policy waits to be accepted")
        if request.definition not in ("", waiting.entry.content_hash):
            raise RequestRefused("another decision policy waits by now: look at it, then accept it")
        writer = str(waiting.entry.values.get(WRITTEN_BY, waiting.entry.author))
        refuse_writer(
            context, writer, request.author,
            f"{writer} wrote this policy; with adaptation.four_eyes {_NEXT}",
        )  # fmt: skip
        change = _change(waiting.loaded, request, DECISION, writer)
        _refuse_dormant(snapshot, change)
        offset = context.announcer.announce(change).offset
    else:
        offset = done.offset
    return noted(context, request, DECISION_KEY, offset, asked_at, {})


def remove_policy(
    context: AdaptationContext, snapshot: Snapshot, done: Applied | None, request: Request, asked_at: float
) -> PendingChange:
    """Take the policy in force, or the one that waits, out of force.

    Args:
        context: database, control log, prepared calibration, standing policy.
        snapshot: what is in force.
        done: the entry that an earlier try of this request announced.
        request: names `policy/decision` or `policy/proposal`.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.

    Returns:
        The change whose acknowledgements are awaited.

    Raises:
        RequestRefused: there is no such policy.
    """
    if done is not None:
        return noted(context, request, request.name, done.offset, asked_at, {})
    waiting = proposal_of(snapshot.applied)
    held = [*([DECISION_KEY] if snapshot.policy else []), *([PROPOSAL_KEY] if waiting else [])]
    if request.name not in held:
        raise RequestRefused(f"no {request.name!r}; there are: {', '.join(held) or 'none'}")
    identity = request.name.removeprefix(POLICY_PREFIX)
    reason, values = request.reason or "removed", {REQUEST: request.request_id}
    change = Change(Kind.POLICY, identity, request.author, reason, {}, values, retired=True)
    return noted(context, request, request.name, context.announcer.announce(change).offset, asked_at, {})


def _read(request: Request) -> ReadPolicy:
    try:
        return read_policy(request.definition.encode())
    except RuleError as error:
        raise RequestRefused(str(error)) from None


def _change(policy: ReadPolicy, request: Request, identity: str, writer: str) -> Change:
    return Change(
        Kind.POLICY,
        identity,
        request.author,
        request.reason or ("proposed" if identity == PROPOSAL else "set"),
        {DEFINITION: policy_to_bytes(policy.definition)},
        {REQUEST: request.request_id, WRITTEN_BY: writer},
    )


def _refuse_dormant(snapshot: Snapshot, change: Change) -> None:
    """Refuse a policy of which workers would not evaluate a segment now, with the reason."""
    sequence = snapshot.next_sequence(DECISION_KEY.encode(), 0.0)
    trial = snapshot.apply(change.entry(sequence=sequence, time=0.0), snapshot.offset + 1)
    for name, why in trial.policy.dormant.items() if trial.policy else ():
        raise RequestRefused(f"segment {name!r}: {why}")
