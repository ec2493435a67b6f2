"""Saves and removes written rules; steps as in `retiring`."""

from __future__ import annotations

from adaptation.context import AdaptationContext
from adaptation.going_live.result import PendingChange
from adaptation.intake.checks import RequestRefused
from adaptation.upkeep.noting import noted
from adaptation.upkeep.own_entry import REQUEST, own_entry
from adaptation.upkeep.second_person import refuse_writer
from contracts.request import Request
from control.applied import Applied
from control.change import Change
from control.entry import Kind
from control.snapshot import Snapshot
from control.written_rules import DEFINITION, WRITTEN_BY
from rules.definition import (
    RULE_PREFIX,
    Mode,
    RuleDefinition,
    WrittenRule,
    definition_to_bytes,
    merged,
    read_rule,
)
from rules.errors import RuleError


def save_rule(context: AdaptationContext, request: Request, asked_at: float) -> PendingChange:
    """Put a rule on the control log, in place of the one with its id.

    Args:
        context: database, control log, prepared calibration, standing policy.
        request: holds id and definition.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.

    Returns:
        The change whose acknowledgements are awaited.

    Raises:
        RequestRefused: the rule cannot be read or bound, or its author must not set it live.
    """
    snapshot = context.announcer.refresh()
    done = own_entry(snapshot, request)
    if done is None:
        held = snapshot.in_force(Kind.RULE).get(request.name)
        rule = _read(request, held)
        writer = writer_of(held, rule.definition, request.author)
        refuse_own(context, rule.definition, writer, request.author)
        change = rule_change(rule, request, writer)
        _refuse_dormant(snapshot, change)
        offset = context.announcer.announce(change).offset
    else:
        offset = done.offset
    return noted(context, request, RULE_PREFIX + request.name, offset, asked_at, _details(request))


def remove_rule(
    context: AdaptationContext, snapshot: Snapshot, done: Applied | None, request: Request, asked_at: float
) -> PendingChange:
    """Take the rule that the request names, as `rule/ID`, out of force.

    Args:
        context: database, control log, prepared calibration, standing policy.
        snapshot: what is in force.
        done: the entry that an earlier try of this request announced.
        request: names the rule.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.

    Returns:
        The change whose acknowledgements are awaited.

    Raises:
        RequestRefused: there is no such rule.
    """
    held = snapshot.in_force(Kind.RULE)
    identity = request.name.removeprefix(RULE_PREFIX)
    if done is not None:
        return noted(context, request, request.name, done.offset, asked_at, _details(request))
    if identity not in held:
        raise RequestRefused(f"no rule {identity!r}; there are: {', '.join(held) or 'none'}")
    reason, values = request.reason or "removed", {REQUEST: request.request_id}
    change = Change(Kind.RULE, identity, request.author, reason, {}, values, retired=True)
    offset = context.announcer.announce(change).offset
    return noted(context, request, request.name, offset, asked_at, _details(request))


def _read(request: Request, held: Applied | None) -> WrittenRule:
    before = held.loaded.definition if held and isinstance(held.loaded, WrittenRule) else None
    try:
        return read_rule(request.name, merged(request.definition.encode(), before))
    except RuleError as error:
        raise RequestRefused(str(error)) from None


def rule_change(rule: WrittenRule, request: Request, writer: str) -> Change:
    """Return the change that saves a rule."""
    return Change(
        Kind.RULE,
        rule.id,
        request.author,
        request.reason or f"saved as {rule.definition.mode}",
        {DEFINITION: definition_to_bytes(rule.definition)},
        {REQUEST: request.request_id, WRITTEN_BY: writer},
    )


def writer_of(held: Applied | None, definition: RuleDefinition, author: str) -> str:
    """Return who last changed what the rule decides; mode, percent, owner and note do not count."""
    if held is None or not isinstance(held.loaded, WrittenRule):
        return author
    if held.loaded.definition.released_as(definition):
        return str(held.entry.values.get(WRITTEN_BY, held.entry.author))
    return author


def refuse_own(context: AdaptationContext, definition: RuleDefinition, writer: str, author: str) -> None:
    """Refuse to set a rule live for its writer, where four eyes are asked. Raises RequestRefused."""
    if definition.mode is Mode.LIVE:
        refuse_writer(
            context, writer, author,
            f"{writer} wrote this rule last; with adaptation.four_eyes another person sets it live: save it "
            "in shadow, and ask for `flagfive rules mode ID live`",
        )  # fmt: skip


def _refuse_dormant(snapshot: Snapshot, change: Change) -> None:
    """Refuse a rule that workers would not evaluate now, with the reason."""
    key = f"{change.kind}/{change.id}".encode()
    trial = snapshot.apply(
        change.entry(sequence=snapshot.next_sequence(key, 0.0), time=0.0), snapshot.offset + 1
    )
    if change.id in trial.written.dormant:
        raise RequestRefused(trial.written.dormant[change.id])


def _details(request: Request) -> dict[str, object]:
    """Return what the audit log says beside request, place and reason."""
    return {"definition": request.definition} if request.definition else {}
