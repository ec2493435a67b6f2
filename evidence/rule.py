"""A written rule as its last control entry holds it."""

from __future__ import annotations

from control.entry import Kind, LoggedEntry
from control.errors import MalformedEntry
from control.written_rules import DEFINITION, WRITTEN_BY, read_written_rule
from evidence.document import DORMANT, IN_FORCE, NOT_IN_FORCE, ON_TRIAL, Rule
from evidence.source import Source

_STATES = {"live": IN_FORCE, "shadow": ON_TRIAL}


def rule_of(last: LoggedEntry | None) -> Rule | None:
    """Return the rule of an entry; None where it holds none, as after its removal."""
    if last is None or last.entry.kind is not Kind.RULE or last.entry.retired:
        return None
    try:
        read = read_written_rule(last.entry).definition
    except MalformedEntry:
        return None
    return Rule(
        definition=last.entry.parts[DEFINITION].decode(),
        condition=read.condition,
        action=read.effect,
        mode=read.mode,
        owner=read.owner,
        note=read.note,
        written_by=str(last.entry.values.get(WRITTEN_BY, last.entry.author)),
        ends=read.end,
    )


def rule_state(source: Source, identity: str, rule: Rule | None) -> str:
    """Return whether a rule decides, is on trial, waits for what it reads, or is off or removed."""
    if rule is None:
        return NOT_IN_FORCE
    if identity in source.snapshot.written.dormant:
        return DORMANT
    return _STATES.get(rule.mode, NOT_IN_FORCE)
