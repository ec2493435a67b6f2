"""Takes the rules of one entity out of the control log."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from control.change import Change
from control.entry import Kind
from control.envelope import unseal
from control.errors import ControlRefused
from control.history import StoredEntry
from control.keys import ControlKey
from control.rules import ALLOWED, RULES, Rule, rules_to_bytes
from control.snapshot import Snapshot


def changes_without(snapshot: Snapshot, kind: str, key: str, *, author: str) -> list[Change]:
    """Return the entries in force that hold rules of an entity, without these rules.

    An entry that holds no others is retired. Compaction then removes the earlier records from the topic.

    Args:
        snapshot: what is in force.
        kind: kind of the entity.
        key: its key.
        author: who erases.
    """
    changes = []
    for of_kind in ALLOWED:
        for identity, applied in snapshot.in_force(of_kind).items():
            placed = applied.loaded if isinstance(applied.loaded, tuple) else ()
            left = [one.rule for one in placed if (one.rule.entity, one.rule.key) != (kind, key)]
            if len(left) < len(placed):
                changes.append(_change(of_kind, identity, left, dict(applied.entry.values), author))
    return changes


def offsets_with(entries: Iterable[StoredEntry], key_of_log: ControlKey, kind: str, key: str) -> list[int]:
    """Return the control offsets of stored entries that hold rules of an entity.

    Args:
        entries: stored entries of the kinds that hold rules.
        key_of_log: verifies them; entries that do not verify are passed over.
        kind: kind of the entity.
        key: its key.
    """
    found = []
    for stored in entries:
        try:
            entry = unseal(stored.value, f"{stored.kind}/{stored.entry_id}".encode(), key_of_log)
            rules = msgspec.json.decode(entry.parts.get(RULES, b"[]"), type=list[Rule])
        except (ControlRefused, msgspec.DecodeError):
            continue
        if any((rule.entity, rule.key) == (kind, key) for rule in rules):
            found.append(stored.control_offset)
    return found


def _change(kind: Kind, identity: str, left: list[Rule], values: dict[str, object], author: str) -> Change:
    reason = "rules of an entity erased on request"
    parts = {RULES: rules_to_bytes(left)} if left else {}
    return Change(kind, identity, author, reason, parts, values, retired=not left)
