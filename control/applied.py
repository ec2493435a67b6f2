"""Entries that a snapshot has applied, by key, and what can be read from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from control.entry import Entry, Kind
from control.keyed_map import KeyedMap
from control.loading import JOINT_NUMBERS, Loaded, number


@dataclass(frozen=True)
class Applied:
    """The last entry of a key, its control offset, and what its parts hold."""

    entry: Entry
    offset: int
    loaded: Loaded

    @property
    def place(self) -> int:
        """Where it stands in the order of changes: its offset, or that of the entry that it repeats.

        A place that is not before the offset is of a log that was lost; `restoring` has kept its order.
        """
        place = self.entry.place
        return self.offset if place is None else min(place, self.offset)


@dataclass(frozen=True)
class AppliedByKey(Mapping[bytes, Applied]):
    """The last applied entry of every key, retired ones too. Immutable.

    Attributes:
        by_kind: The entries of each kind. Risk comes by the thousand, and no detector is looked for in it.
        numbers: Holder of each joint number: the latest entry that carries it.
    """

    by_kind: Mapping[Kind, KeyedMap[bytes, Applied]] = field(default_factory=dict)
    numbers: Mapping[str, Applied] = field(default_factory=dict)

    def having(self, one: Applied) -> AppliedByKey:
        """Return a copy with `one` as the last entry of its key."""
        kind = one.entry.kind
        of_kind = self.by_kind.get(kind, KeyedMap()).having(one.entry.key, one)
        changed = AppliedByKey({**self.by_kind, kind: of_kind}, self.numbers)
        return AppliedByKey(changed.by_kind, changed._numbers_after(one))

    def __getitem__(self, key: bytes) -> Applied:
        """Return the last entry of a key; raises KeyError where it has none."""
        for entries in self.by_kind.values():
            if key in entries:
                return entries[key]
        raise KeyError(key)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the keys."""
        for entries in self.by_kind.values():
            yield from entries

    def __len__(self) -> int:
        """Return the number of keys."""
        return sum(map(len, self.by_kind.values()))

    def _numbers_after(self, one: Applied) -> dict[str, Applied]:
        numbers = dict(self.numbers)
        for name in JOINT_NUMBERS:
            held = numbers.get(name)
            if name in one.entry.values and _counts(one.entry):
                same = held is not None and held.entry.key == one.entry.key
                if held is None or same or one.place > held.place:
                    numbers[name] = one
            elif name in numbers and numbers[name].entry.key == one.entry.key:
                # The entry that carried it is gone: the one before counts again. This looks at all entries.
                holders = [a for a in self.values() if name in a.entry.values and _counts(a.entry)]
                del numbers[name]
                if holders:
                    numbers[name] = max(holders, key=lambda a: a.place)
        return numbers


def in_force(applied: AppliedByKey, kind: Kind) -> dict[str, Applied]:
    """Return the entries of one kind that are not retired, by id, in the order of the ids."""
    chosen = (a for a in applied.by_kind.get(kind, {}).values() if not a.entry.retired)
    return {a.entry.id: a for a in sorted(chosen, key=lambda a: a.entry.id)}


def by_offset(applied: AppliedByKey, kind: Kind) -> list[Applied]:
    """Return the entries of one kind that are not retired, the one announced last at the end."""
    return sorted(in_force(applied, kind).values(), key=lambda a: a.place)


def latest_number(applied: AppliedByKey, name: str) -> float | None:
    """Return the number that the latest entry with `name` among its values holds; None without such."""
    holder = applied.numbers.get(name)
    return number(holder.entry, name) if holder else None


def _counts(entry: Entry) -> bool:
    # A retired detector still carries the threshold that fits what is left; a retired threshold does not.
    return not (entry.retired and entry.kind is Kind.THRESHOLD)
