"""Saves many written rules with one request: all of them, or none; steps as in `retiring`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import msgspec

from adaptation.context import AdaptationContext
from adaptation.flag_steps import FlagStep
from adaptation.going_live.result import PendingChange, RequestResult
from adaptation.intake.checks import RequestRefused
from adaptation.upkeep.own_entry import own_entry
from adaptation.upkeep.written_rules import refuse_own, rule_change, writer_of
from contracts.answer import Answer
from contracts.request import Request
from contracts.undecodable import UNDECODABLE
from control.change import Change
from control.entry import Kind, LoggedEntry
from control.snapshot import Snapshot
from control.together import TOGETHER_BYTES
from control.written_rules import DEFINITION
from rules.definition import RULE_PREFIX, WrittenRule, read_rule
from rules.errors import RuleError
from rules.rule_set import MOST_RULES

_ENTRY_BYTES: Final = 900  # an entry beside reason and definition, rounded up: names, values, signature
MOST_NAMED: Final = 20
"""Rules that a refusal names."""


class RuleDefinitions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Definitions of rules by id, each in full."""

    rules: Annotated[dict[str, msgspec.Raw], msgspec.Meta(min_length=1, max_length=MOST_RULES)]


def save_rules(context: AdaptationContext, request: Request, asked_at: float) -> RequestResult:
    """Put rules on the control log, in place of those with their ids, as one change.

    Args:
        context: database, control log, prepared calibration, standing policy.
        request: holds the definitions; its name is empty.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.

    Returns:
        The change whose acknowledgements are awaited; an answer where nothing differs.

    Raises:
        RequestRefused: a rule cannot be read or bound, its author must not set it live, or they are too long
            for one change. Nothing is changed.
    """
    snapshot = context.announcer.refresh()
    wanted = _read(request)
    done = own_entry(snapshot, request)
    if done is not None:
        return _noted(context, request, wanted, done.offset, asked_at)
    held = snapshot.in_force(Kind.RULE)
    changed = [rule for rule in wanted if rule.id not in held or held[rule.id].loaded != rule]
    if not changed:
        return Answer(request.request_id, "done", "the rules are so already; nothing is changed")
    changes, problems = list[Change](), dict[str, str]()
    for rule in changed:
        writer = writer_of(held.get(rule.id), rule.definition, request.author)
        try:
            refuse_own(context, rule.definition, writer, request.author)
        except RequestRefused as refusal:
            problems[rule.id] = str(refusal)
        changes.append(rule_change(rule, request, writer))
    _refuse(problems | _dormant(snapshot, changes))
    _refuse_too_long(changes)
    return _noted(context, request, changed, context.announcer.announce(*changes).offset, asked_at)


def _read(request: Request) -> list[WrittenRule]:
    try:
        filed = msgspec.json.decode(request.definition, type=RuleDefinitions).rules
    except UNDECODABLE as error:
        raise RequestRefused(f"the rules cannot be read: {error}") from None
    found, problems = list[WrittenRule](), dict[str, str]()
    for identity, definition in filed.items():
        try:
            found.append(read_rule(identity, bytes(definition)))
        except RuleError as error:
            problems[identity] = str(error)
    _refuse(problems)
    return found


def _dormant(snapshot: Snapshot, changes: Sequence[Change]) -> dict[str, str]:
    """Return why workers would not evaluate rules, by id; rules are compiled once for all changes."""
    entries = list[LoggedEntry]()
    for number, change in enumerate(changes, 1):
        sequence = snapshot.next_sequence(f"{change.kind}/{change.id}".encode(), 0.0)
        entries.append(LoggedEntry(change.entry(sequence=sequence, time=0.0), snapshot.offset + number))
    dormant = snapshot.fold(entries).snapshot.written.dormant
    return {change.id: dormant[change.id] for change in changes if change.id in dormant}


def _refuse(problems: Mapping[str, str]) -> None:
    if problems:
        first = list(problems.items())[:MOST_NAMED]
        named = "; ".join(f"rule {identity!r}: {why}" for identity, why in first)
        raise RequestRefused(f"nothing is changed, since {len(problems)} rules cannot be saved: {named}")


def _refuse_too_long(changes: Sequence[Change]) -> None:
    """Refuse what might not fit into one batch of the broker, and so could be in force in part."""
    size = sum(_ENTRY_BYTES + len(one.reason.encode()) + len(one.parts[DEFINITION]) for one in changes)
    if size > TOGETHER_BYTES:
        raise RequestRefused(
            f"nothing is changed: {len(changes)} rules take about {size:,} bytes, one change may have "
            f"{TOGETHER_BYTES:,}; import the file in parts"
        )


def _noted(
    context: AdaptationContext, request: Request, rules: Sequence[WrittenRule], offset: int, asked_at: float
) -> PendingChange:
    """Note each rule in the audit log, in one database transaction."""
    context.after(FlagStep.ANNOUNCED)
    with context.unit() as unit:
        for rule in rules:
            details = {
                "request": request.request_id, "control_offset": offset, "reason": request.reason,
                "definition": msgspec.json.encode(rule.definition).decode(), "together": len(rules),
            }  # fmt: skip
            unit.audit.append(
                request.author, request.kind, subject=RULE_PREFIX + rule.id, time=context.clock(),
                details=details,
            )  # fmt: skip
        unit.commit()
    return PendingChange(request.request_id, offset, asked_at)
