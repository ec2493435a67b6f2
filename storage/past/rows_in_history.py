"""Single rows of the history store, as objects of SQL's table: what pages and verdicts need of older days."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

import pyarrow as pa
from pyarrow import compute as pc

from storage.history.columns import DAY, ENTITY, FEATURES, kinds_in
from storage.history.reading import HistoryFile, HistoryReader
from storage.scored_transactions import ScoredTransaction
from storage.transaction_search import TransactionFilter


@dataclass(frozen=True)
class Condition:
    """A condition on rows.

    Attributes:
        where: the condition.
        columns: the columns that it reads.
    """

    where: pc.Expression
    columns: tuple[str, ...]


@dataclass
class FoundRows:
    """Rows that were found, and whether all days were searched in time."""

    rows: list[ScoredTransaction] = field(default_factory=list)
    whole: bool = True


def find_rows(
    reader: HistoryReader,
    wanted: Condition,
    *,
    most: int,
    since: float = -math.inf,
    until: float = math.inf,
    seconds: float = math.inf,
    features: bool = False,
) -> FoundRows:
    """Find rows from the newest day to the oldest.

    Of each file only the columns of the condition are read; the others follow if a row matches.

    Args:
        reader: reads the newest snapshot.
        wanted: which rows.
        most: no further day is searched once this many are found; more may be returned.
        since: lowest event time, seconds since 1970.
        until: highest event time, exclusive.
        seconds: no further file is searched once this much time is spent.
        features: whether the features are read too.
    """
    found, late = FoundRows(), time.monotonic() + seconds
    for _, of_day in groupby(reader.files(since, until), key=lambda one: one.day):
        for one in of_day:
            if time.monotonic() > late:
                found.whole = False
                return found
            found.rows += _matching(reader, one, wanted, since, until, features)
        if len(found.rows) >= most:
            break
    return found


def _matching(
    reader: HistoryReader, file: HistoryFile, wanted: Condition, since: float, until: float, features: bool
) -> Iterator[ScoredTransaction]:
    def read(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        return reader.batches(columns, since=since, until=until, where=wanted.where, files=[file])

    if any(batch.num_rows for batch in read(wanted.columns)):
        left_out = {DAY} if features else {DAY, FEATURES}
        columns = [name for name in reader.names if name not in left_out]
        for batch in read(columns):
            yield from map(_row, batch.to_pylist())


def _row(values: dict[str, Any]) -> ScoredTransaction:
    kinds = kinds_in(list(values))
    keys = {kind: values.pop(ENTITY + kind) for kind in kinds}
    return ScoredTransaction(**values, entities={kind: key for kind, key in keys.items() if key is not None})


def with_ids(ids: Sequence[str]) -> Condition:
    """Return the condition on ids of transactions."""
    return Condition(pc.field("transaction_id").isin(list(ids)), ("transaction_id",))


def at_places(places: Sequence[tuple[int, int]]) -> Condition:
    """Return the condition on partitions and offsets; it also holds for other pairs of them."""
    partition, offset = pc.field("source_partition"), pc.field("source_offset")
    where = partition.isin(sorted({one for one, _ in places})) & offset.isin(sorted({at for _, at in places}))
    return Condition(where, ("source_partition", "source_offset"))


_ALL: Final = pc.scalar(True)


def selected_by(wanted: TransactionFilter, stored: Sequence[str]) -> Condition:
    """Return the condition of a filter; it does not know which scorer alerted.

    Args:
        wanted: the filter; its times are arguments of `find_rows`.
        stored: names of the stored columns; entities without one have no rows.
    """
    where, columns = _ALL, list[str]()

    def key_is(kind: str, key: str) -> pc.Expression:
        if ENTITY + kind not in stored:
            return pc.scalar(False)
        columns.append(ENTITY + kind)
        return pc.field(ENTITY + kind) == key

    for kind, key in wanted.entities:
        where &= key_is(kind, key)
    if wanted.text is not None:
        named = pc.starts_with(pc.field("transaction_id"), wanted.text)
        for kind in wanted.kinds:
            named |= key_is(kind, wanted.text)
        where &= named
    if wanted.id is not None:
        where &= pc.field("transaction_id") == wanted.id
    if wanted.min_amount is not None:
        where &= pc.field("amount") >= wanted.min_amount
    if wanted.max_amount is not None:
        where &= pc.field("amount") <= wanted.max_amount
    return Condition(where, (*columns, "transaction_id", "amount"))
