"""Entries that a snapshot has applied, by key, and what can be read from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from control.entry import Entry, Kind
from control.loading import Loaded, number


@dataclass(frozen=True)
class Applied:
    """The last entry of a key, its control offset, and what its parts hold."""

    entry: Entry
    offset: int
    loaded: Loaded


AppliedByKey = Mapping[bytes, Applied]
"""The last applied entry of every key, retired ones too."""


def in_force(applied: AppliedByKey, kind: Kind) -> dict[str, Applied]:
    """Return the entries of one kind that are not retired, by id, in the order of the ids."""
    chosen = (a for a in applied.values() if a.entry.kind is kind and not a.entry.retired)
    return {a.entry.id: a for a in sorted(chosen, key=lambda a: a.entry.id)}


def by_offset(applied: AppliedByKey, kind: Kind) -> list[Applied]:
    """Return the entries of one kind that are not retired, the one announced last at the end."""
    return sorted(in_force(applied, kind).values(), key=lambda a: a.offset)


def latest_number(applied: AppliedByKey, name: str) -> float | None:
    """Return the number that the latest entry with `name` among its values holds; None without such."""
    holders = [a for a in applied.values() if name in a.entry.values and _counts(a.entry)]
    return number(max(holders, key=lambda a: a.offset).entry, name) if holders else None


def _counts(entry: Entry) -> bool:
    # A retired detector still carries the threshold that fits what is left; a retired threshold does not.
    return not (entry.retired and entry.kind is Kind.THRESHOLD)
