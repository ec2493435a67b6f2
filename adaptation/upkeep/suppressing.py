"""Silences an entity, a scorer or a rule until a time, and lifts it; steps as in `retiring`."""

from __future__ import annotations

from adaptation.context import AdaptationContext
from adaptation.going_live.result import PendingChange
from adaptation.intake.checks import RequestRefused
from adaptation.upkeep.noting import noted
from adaptation.upkeep.own_entry import REQUEST, own_entry
from contracts.request import Request
from control.applied import Applied
from control.change import Change
from control.entry import Kind
from control.rules import RULES, rules_to_bytes
from control.snapshot import Snapshot
from control.suppressions import SUPPRESSION_PREFIX, Suppression, SuppressionError, read_suppression
from rules.definition import RULE_PREFIX


def suppress(context: AdaptationContext, request: Request, asked_at: float) -> PendingChange:
    """Put a suppression on the control log, in place of the one of the same entity and scorer.

    Args:
        context: database, control log, prepared calibration, standing policy.
        request: holds the suppression.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.

    Returns:
        The change whose acknowledgements are awaited.

    Raises:
        RequestRefused: it cannot be read, or names a scorer that is not in force.
    """
    snapshot = context.announcer.refresh()
    try:
        wanted = read_suppression(request.definition)
    except SuppressionError as error:
        raise RequestRefused(str(error)) from None
    done = own_entry(snapshot, request)
    if done is None:
        _check_scorer(snapshot, wanted)
        parts, values = {RULES: rules_to_bytes([wanted.rule])}, {REQUEST: request.request_id}
        reason = request.reason or "suppressed"
        change = Change(Kind.SUPPRESSION, wanted.id, request.author, reason, parts, values)
        offset = context.announcer.announce(change).offset
    else:
        offset = done.offset
    # The key, which may be a card, stays on the control log.
    said: dict[str, object] = {"entity": wanted.entity, "scorer": wanted.scorer, "until": wanted.until}
    return noted(context, request, SUPPRESSION_PREFIX + wanted.id, offset, asked_at, said)


def lift(
    context: AdaptationContext, snapshot: Snapshot, done: Applied | None, request: Request, asked_at: float
) -> PendingChange:
    """Take the suppression that the request names, as `suppression/ID`, out of force.

    Args:
        context: database, control log, prepared calibration, standing policy.
        snapshot: what is in force.
        done: the entry that an earlier try of this request announced.
        request: names the suppression.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.

    Raises:
        RequestRefused: there is no such suppression.
    """
    identity, held = request.name.removeprefix(SUPPRESSION_PREFIX), snapshot.in_force(Kind.SUPPRESSION)
    if done is not None:
        return noted(context, request, request.name, done.offset, asked_at, {})
    if identity not in held:
        raise RequestRefused(f"no suppression {identity!r}; there are: {', '.join(held) or 'none'}")
    reason, values = request.reason or "lifted", {REQUEST: request.request_id}
    change = Change(Kind.SUPPRESSION, identity, request.author, reason, {}, values, retired=True)
    return noted(context, request, request.name, context.announcer.announce(change).offset, asked_at, {})


def _check_scorer(snapshot: Snapshot, wanted: Suppression) -> None:
    rules = [RULE_PREFIX + identity for identity in snapshot.in_force(Kind.RULE)]
    known = ["base", *(one.id for one in snapshot.detectors), *rules]
    if wanted.scorer and wanted.scorer not in known:
        raise RequestRefused(f"no scorer {wanted.scorer!r}; there are: {', '.join(known)}")
