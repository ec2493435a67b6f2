"""Changes named lists and removes them; steps as in `retiring`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from adaptation.context import AdaptationContext
from adaptation.going_live.result import RequestResult
from adaptation.intake.checks import RequestRefused
from adaptation.upkeep.noting import noted
from adaptation.upkeep.own_entry import REQUEST
from contracts.answer import Answer
from contracts.request import Request
from control.applied import Applied
from control.change import Change
from control.entry import Kind
from control.list_entries import DEFINITION, VALUES, bucket_id, bucket_to_bytes, list_and_bucket
from control.policy_entries import DECISION_KEY
from control.rules_in_force import vocabulary_of
from control.snapshot import Snapshot
from rules.errors import RuleError, unknown
from rules.lists.bucket import Bucket
from rules.lists.change import ListChange, changed_buckets, read_change
from rules.lists.definition import LIST_PREFIX, ListDefinition, check_list_name
from rules.lists.table import EMPTY, ListTable
from rules.typed import Apply, KeyListed, Typed


def change_list(context: AdaptationContext, request: Request, asked_at: float) -> RequestResult:
    """Put a change of a named list on the control log: what it is for, or the buckets that differ.

    A change that is applied already announces nothing, so a repeated request is harmless.

    Args:
        context: database, control log, prepared calibration, standing policy.
        request: holds name and change.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.

    Returns:
        The change whose acknowledgements are awaited; an answer where nothing differs.

    Raises:
        RequestRefused: the change cannot be read, or the list would be too long or of an unknown kind.
    """
    snapshot = context.announcer.refresh()
    try:
        check_list_name(request.name)
        change = read_change(request.definition)
        changes = _changes(context, snapshot, request, change)
    except RuleError as error:
        raise RequestRefused(str(error)) from None
    return _announced(context, snapshot, request, changes, asked_at)


def remove_list(
    context: AdaptationContext, snapshot: Snapshot, request: Request, asked_at: float
) -> RequestResult:
    """Take the list that the request names, as `list/NAME`, out of force, with all its values.

    Args:
        context: database, control log, prepared calibration, standing policy.
        snapshot: what is in force.
        request: names the list.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.

    Returns:
        The change whose acknowledgements are awaited.

    Raises:
        RequestRefused: there is no such list, or rules in force read it.
    """
    name = request.name.removeprefix(LIST_PREFIX)
    held = snapshot.in_force(Kind.LIST)
    ids = [identity for identity in held if list_and_bucket(identity)[0] == name]
    own = any(_is_of(one, request) for one in _of_list(snapshot, name))
    if not ids and not own:
        raise RequestRefused(f"no list {name!r}; there are: {', '.join(snapshot.lists.by_name) or 'none'}")
    if readers := _readers(snapshot, name):
        raise RequestRefused(f"rules use the list {name}: {', '.join(readers)}; remove them first")
    reason, values = request.reason or "removed", {REQUEST: request.request_id}
    changes = [Change(Kind.LIST, one, request.author, reason, {}, values, retired=True) for one in ids]
    return _announced(context, snapshot, request, changes, asked_at)


def _changes(
    context: AdaptationContext, snapshot: Snapshot, request: Request, change: ListChange
) -> list[Change]:
    """Return the entries that differ: first what the list is for, then its buckets."""
    table = snapshot.lists.by_name.get(request.name, EMPTY)
    definition = change.definition or table.definition
    if definition is None:
        raise unknown("list", request.name, snapshot.lists.by_name, 0)
    _check_definition(context, snapshot, table, definition, request.name)
    buckets = changed_buckets(table, change, definition.of, request.author, request.time)
    values = len(table) + sum(len(b) - len(table.buckets.get(n, ())) for n, b in buckets.items())
    if values > context.lists.most_values:
        raise RuleError(f"the list would have {values:,} values, allowed are {context.lists.most_values:,}")
    found = []
    if definition != table.definition:
        found.append(_definition_change(request, definition))
    return [*found, *(_bucket_change(request, number, one) for number, one in sorted(buckets.items()))]


def _check_definition(
    context: AdaptationContext, snapshot: Snapshot, table: ListTable, wanted: ListDefinition, name: str
) -> None:
    known = vocabulary_of(snapshot.scorers, snapshot.lists).entities
    if wanted.of and wanted.of not in known:
        raise unknown("kind of entity", wanted.of, known, 0)
    if table.definition is None and len(snapshot.lists.by_name) >= context.lists.most_lists:
        raise RuleError(f"there are {context.lists.most_lists} lists already, which is the most")
    if table.definition is not None and table.definition.of != wanted.of:
        if len(table):
            raise RuleError(
                f"the list holds ids of the kind {table.definition.of or 'any'}; make another list"
            )
        if readers := _readers(snapshot, name):
            raise RuleError(f"rules use the list {name}: {', '.join(readers)}; make another list")


def _definition_change(request: Request, definition: ListDefinition) -> Change:
    return Change(
        Kind.LIST,
        request.name,
        request.author,
        request.reason or f"a list to {definition.use}",
        {DEFINITION: msgspec.json.encode(definition)},
        {REQUEST: request.request_id},
    )


def _bucket_change(request: Request, number: int, bucket: Bucket) -> Change:
    parts = {VALUES: bucket_to_bytes(bucket)} if len(bucket) else {}
    return Change(
        Kind.LIST,
        bucket_id(request.name, number),
        request.author,
        request.reason or "values changed",
        parts,
        {REQUEST: request.request_id},
        retired=not parts,
    )


def _announced(
    context: AdaptationContext, snapshot: Snapshot, request: Request, changes: list[Change], asked_at: float
) -> RequestResult:
    """Announce what differs, and note it; a repeat of what was announced is only noted."""
    name = request.name.removeprefix(LIST_PREFIX)
    if changes:
        offset = context.announcer.announce(*changes).offset
    else:
        own = [one.offset for one in _of_list(snapshot, name) if _is_of(one, request)]
        if not own:
            return Answer(request.request_id, "done", f"the list {name} is so already; nothing is changed")
        offset = max(own)
    return noted(context, request, LIST_PREFIX + name, offset, asked_at, _details(request))


def _details(request: Request) -> dict[str, object]:
    """Return what the audit log says: the values are on the control log, so a hash names the change."""
    if not request.definition:
        return {}
    change = read_change(request.definition)
    digest = hashlib.sha256(request.definition.encode()).hexdigest()
    details: dict[str, object] = {"put": len(change.put), "removed": len(change.remove), "sha256": digest}
    details |= {"cleared_buckets": len(change.clear)} if change.clear else {}
    details |= {"definition": msgspec.to_builtins(change.definition)} if change.definition else {}
    return details


def _of_list(snapshot: Snapshot, name: str) -> Iterator[Applied]:
    """Yield the last entries of a list, retired ones too."""
    for one in snapshot.applied.by_kind.get(Kind.LIST, {}).values():
        if list_and_bucket(one.entry.id)[0] == name:
            yield one


def _is_of(one: Applied, request: Request) -> bool:
    return bool(one.entry.values.get(REQUEST) == request.request_id)


def _readers(snapshot: Snapshot, name: str) -> list[str]:
    """Return the evaluated rules that read a list or add to it, and the policy where a segment does."""
    bound = snapshot.written.bound.values()
    rules = [rule.id for rule, tree in bound if _reads(tree, name) or rule.definition.to_list == name]
    segments = snapshot.policy.conditions.bound.values() if snapshot.policy else ()
    return [*rules, *([DECISION_KEY] if any(_reads(tree, name) for _, tree in segments) else [])]


def _reads(tree: Typed, name: str) -> bool:
    if isinstance(tree, Apply):
        return any(_reads(one, name) for one in tree.arguments)
    return isinstance(tree, KeyListed) and tree.name == name
