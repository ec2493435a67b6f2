"""Named lists: all of them, and the values of one."""

from __future__ import annotations

from collections.abc import Iterator

from console.context import ConsoleContext
from console.errors import NotFound
from console.lists import StoredLists
from console.results.lists import ListRow, Lists, ListValue, ListValues
from rules.lists.bucket import Listed
from rules.lists.definition import ListDefinition
from rules.lists.table import ListTable


def all_lists(context: ConsoleContext) -> Lists:
    """Return all lists, by name."""
    with context.unit(reads_only=True) as unit:
        stored = context.lists.read(unit, context.key)
        newest = unit.transactions.newest_event_time()
    return Lists([_row(stored, name, newest or 0.0) for name in stored.lists.by_name])


def one_list(context: ConsoleContext, name: str) -> ListRow:
    """Return one list. Raises NotFound."""
    with context.unit(reads_only=True) as unit:
        stored = context.lists.read(unit, context.key)
        _table(stored, name)
        return _row(stored, name, unit.transactions.newest_event_time() or 0.0)


def values_of(context: ConsoleContext, name: str, value: str, *, offset: int, limit: int) -> ListValues:
    """Return a page of a list's values.

    Args:
        context: tools of the console.
        name: name of the list.
        value: only this value or reference; empty for all.
        offset: values to skip.
        limit: at most this many.

    Raises:
        NotFound: no such list.
    """
    table, definition = held(context, name)
    if value:
        wanted = context.cards.key(value).encode()
        why = table.find(wanted)
        rows = [] if why is None else [_value(context, definition, wanted, why)]
        return ListValues(len(rows), rows)
    found = [_value(context, definition, key, why) for key, why in _page(table, offset, limit)]
    return ListValues(len(table), found)


def every_value(context: ConsoleContext, name: str) -> Iterator[dict[str, object]]:
    """Yield all values of a list for a download; cards are masked."""
    table, definition = held(context, name)
    for key, why in table.items():
        yield vars(_value(context, definition, key, why))


def held(context: ConsoleContext, name: str) -> tuple[ListTable, ListDefinition]:
    """Return a list and what it is for. Raises NotFound."""
    with context.unit(reads_only=True) as unit:
        return _table(context.lists.read(unit, context.key), name)


def _table(stored: StoredLists, name: str) -> tuple[ListTable, ListDefinition]:
    table = stored.lists.by_name.get(name)
    if table is None or table.definition is None:
        raise NotFound(f"no list {name!r}", where="name", allowed=list(stored.lists.by_name))
    return table, table.definition


def _page(table: ListTable, offset: int, limit: int) -> Iterator[tuple[bytes, Listed]]:
    """Yield values from `offset` on; buckets before it are skipped whole."""
    for _, bucket in sorted(table.buckets.items()):
        if limit <= 0:
            return
        rows = range(min(offset, len(bucket)), min(offset + limit, len(bucket)))
        yield from bucket.items(rows)
        limit -= len(rows)
        offset = max(0, offset - len(bucket))


def _row(stored: StoredLists, name: str, now: float) -> ListRow:
    table, definition = _table(stored, name)
    offset, entry = stored.newest[name]
    return ListRow(
        name,
        definition.use,
        definition.of,
        definition.owner,
        definition.note,
        len(table),
        sum(int((bucket.until <= now).sum()) for bucket in table.buckets.values()),
        entry.author,
        entry.time,
        entry.reason,
        offset,
    )


def _value(context: ConsoleContext, definition: ListDefinition, key: bytes, why: Listed) -> ListValue:
    # A list of any ids may hold cards too, so its values are masked like cards.
    kind, text = definition.of or context.cards.kind, key.decode()
    shown, reference = context.cards.shown(kind, text), context.cards.reference(kind, text)
    return ListValue(shown, reference, why.until, why.reason, why.source, why.by, why.added)
