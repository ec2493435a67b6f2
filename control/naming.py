"""Finds the written rules, decision policy and named lists that name one entity."""

from __future__ import annotations

from collections.abc import Iterator

from control.entry import Kind
from control.snapshot import Snapshot
from rules.definition import WrittenRule
from rules.policy.definition import ReadPolicy
from rules.syntax import Call, Listed, Node, Operation, Text


def rules_and_lists_with(snapshot: Snapshot, kind: str, key: str) -> list[str]:
    """Return what still names an entity: `rule/ID`, `policy/ID` and `list/NAME`, in order.

    Args:
        snapshot: what is in force.
        kind: kind of the entity.
        key: its key; a rule that has this text for another reason is returned too.
    """
    rules = [
        one.loaded.name
        for one in snapshot.in_force(Kind.RULE).values()
        if isinstance(one.loaded, WrittenRule) and _says(one.loaded, key)
    ]
    rules += [
        one.entry.key.decode()
        for one in snapshot.in_force(Kind.POLICY).values()
        if isinstance(one.loaded, ReadPolicy) and _policy_says(one.loaded, key)
    ]
    lists = [
        f"list/{name}"
        for name, one in snapshot.lists.by_name.items()
        if snapshot.lists.kinds[name] in ("", kind) and one.find(key.encode()) is not None
    ]
    return [*sorted(rules), *lists]


def _says(rule: WrittenRule, key: str) -> bool:
    if any(text == key for text in _texts(rule.tree)):
        return True
    return key in f"{rule.definition.note}\n{rule.definition.owner}"


def _policy_says(policy: ReadPolicy, key: str) -> bool:
    names = [policy.definition.note, *(one.name for one in policy.definition.segments)]
    return key in "\n".join(names) or any(_says(rule, key) for rule in policy.conditions)


def _texts(node: Node) -> Iterator[str]:
    match node:
        case Text(value=value):
            yield value
        case Operation(operands=parts) | Call(arguments=parts) | Listed(items=parts):
            for one in parts:
                yield from _texts(one)
