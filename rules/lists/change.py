"""A change of a list as a request carries it, and what it makes of the buckets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

import msgspec
import numpy as np

from contracts.card_numbers import mask_card_numbers
from contracts.undecodable import UNDECODABLE
from features.byte_strings import ByteStrings
from features.hashing import hash_strings
from rules.errors import RuleError
from rules.lists.bucket import BUCKETS, MOST_BYTES, Bucket, Listed, bucket_of
from rules.lists.definition import ListDefinition, check_list
from rules.lists.table import ListTable

CHUNK_BYTES: Final = 500_000
"""JSON of one request; a request has at most 768 KB, and quotes are escaped in it."""
LONGEST_REASON, LONGEST_SOURCE = 200, 64  # characters


class Put(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A value to add, or to say anew: its end and the index of its reason and source among `notes`."""

    value: str
    until: Annotated[float, msgspec.Meta(gt=-1e12, lt=1e12)] | None = None
    note: Annotated[int, msgspec.Meta(ge=0)] = 0


class ListChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a request changes; the parts are applied in this order.

    Attributes:
        definition: What the list is for; without it, that stays as it is.
        clear: Buckets that are emptied.
        remove: Values that are taken off.
        put: Values that are added.
        notes: Reason and source of the values in `put`.
    """

    definition: ListDefinition | None = None
    clear: list[Annotated[int, msgspec.Meta(ge=0, lt=BUCKETS)]] = []
    remove: list[str] = []
    put: list[Put] = []
    notes: list[tuple[str, str]] = []


@dataclass(frozen=True)
class Row:
    """A value with its terms, as files and people give them."""

    value: str
    until: float | None = None
    reason: str = ""
    source: str = ""


@dataclass
class _Chunk:
    """Rows that are sent together."""

    clear: list[int] = field(default_factory=list)
    put: list[Put] = field(default_factory=list)
    notes: dict[tuple[str, str], int] = field(default_factory=dict)
    size: int = 0

    def add(self, row: Row) -> None:
        note = (row.reason, row.source)
        if note not in self.notes:
            self.size += 2 * len((row.reason + row.source).encode()) + 16
        self.put.append(Put(row.value, row.until, self.notes.setdefault(note, len(self.notes))))
        self.size += len(msgspec.json.encode(row.value)) + 32

    def change(self) -> ListChange:
        return ListChange(clear=self.clear, put=self.put, notes=list(self.notes))


def check_value(value: str) -> str:
    """Return what is wrong with a value; empty where nothing is."""
    if not value:
        return "the value is empty"
    if not value.isprintable():
        return f"{value!r} has a character that cannot be seen; delete it"
    if value != value.strip():
        return f"{value!r} begins or ends with a space; delete it"
    if len(value.encode()) > MOST_BYTES:
        return f"the value has {len(value.encode())} bytes in UTF-8, allowed are {MOST_BYTES}"
    if mask_card_numbers(value) != value:
        return "the value is a card number; lists hold the ids of transactions, such as a card's token"
    return ""


def check_terms(reason: str, source: str) -> str:
    """Return what is wrong with reason or source; empty where nothing is."""
    for name, text, longest in (("reason", reason, LONGEST_REASON), ("source", source, LONGEST_SOURCE)):
        if len(text) > longest:
            return f"the {name} has {len(text)} characters, allowed are {longest}"
        if not text.isprintable():
            return f"the {name} has a character that cannot be seen; delete it"
        if mask_card_numbers(text) != text:
            return f"the {name} holds a card number; leave it out"
    return ""


def divided(rows: Sequence[Row], *, replace: bool = False) -> Iterator[ListChange]:
    """Divide many values into changes of bounded size, sorted by bucket.

    So a bucket is written by one change, or by two, and not by each.

    Args:
        rows: Values, each once.
        replace: Whether values that are not among them are taken off.
    """
    numbers = bucket_of(hash_strings(ByteStrings.from_list([row.value.encode() for row in rows])))
    chunk, cleared = _Chunk(), 0
    for at in np.argsort(numbers, kind="stable").tolist():
        if chunk.size > CHUNK_BYTES:
            yield chunk.change()
            chunk = _Chunk()
        while replace and cleared <= numbers[at]:
            chunk.clear.append(cleared)
            cleared += 1
        chunk.add(rows[at])
    if replace:
        chunk.clear.extend(range(cleared, BUCKETS))
    if chunk.put or chunk.clear:
        yield chunk.change()


def encode_change(change: ListChange) -> str:
    """Return a change as JSON."""
    return msgspec.json.encode(change).decode()


def read_change(text: str) -> ListChange:
    """Decode and check a change.

    Raises:
        RuleError: It is no JSON of this form, or a value cannot be on a list.
    """
    try:
        change = msgspec.json.decode(text, type=ListChange)
    except UNDECODABLE as error:
        raise RuleError(f"the change of the list cannot be read: {error}") from None
    if change.definition is not None:
        check_list(change.definition)
    for reason, source in change.notes:
        _refuse(check_terms(reason, source))
    for one in change.put:
        _refuse(check_value(one.value))
        if change.notes and one.note >= len(change.notes):
            raise RuleError(f"note {one.note} of {one.value!r}, there are {len(change.notes)}")
    return change


def _refuse(problem: str) -> None:
    if problem:
        raise RuleError(problem)


def changed_buckets(
    table: ListTable, change: ListChange, of: str, by: str, added: float
) -> dict[int, Bucket]:
    """Return the buckets that differ once a change is applied; an empty one is taken away.

    A value that says the same as before keeps its author and time, so a change applied twice changes nothing.

    Args:
        table: The list as it is.
        change: What changes.
        of: Kind of the list's entities.
        by: Who asks.
        added: When, seconds since 1970.
    """
    notes = change.notes or [("", "")]
    put = {one.value.encode(): Listed(one.until, *notes[one.note], by, added) for one in change.put}
    gone = {value.encode() for value in change.remove}
    found = {}
    for number, keys in _by_bucket([*put, *gone], change.clear).items():
        before = dict(table.buckets[number].items()) if number in table.buckets else {}
        kept = {} if number in change.clear else {k: one for k, one in before.items() if k not in gone}
        after = kept | {key: _kept(before.get(key), put[key]) for key in keys if key in put}
        if after != before:
            found[number] = Bucket.of_values(after, of)
    return found


def _kept(before: Listed | None, put: Listed) -> Listed:
    return before if before is not None and before.says_as(put) else put


def _by_bucket(values: list[bytes], clear: Iterable[int]) -> Mapping[int, list[bytes]]:
    found: dict[int, list[bytes]] = {number: [] for number in clear}
    numbers = bucket_of(hash_strings(ByteStrings.from_list(values)))
    for number, value in zip(numbers.tolist(), values, strict=True):
        found.setdefault(number, []).append(value)
    return found
