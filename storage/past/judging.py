"""Reads the newest transactions of the history store with their verdicts, which SQL has."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc
from sqlalchemy.orm import Session

from storage.history.columns import ENTITY, features_of, kinds_in
from storage.history.reading import HistoryReader
from storage.judged_traffic import JudgedTraffic, last_verdicts
from storage.past.drawing import entities_of

_COLUMNS: Final = ("transaction_id", "event_time", "amount", "features")


def newest_judged(
    reader: HistoryReader,
    session: Session,
    since: float,
    most: int,
    width: int,
    apart_from: Collection[str],
    *,
    whole: bool = False,
) -> JudgedTraffic:
    """Read the newest transactions from an event time on.

    1. Find the event time from which on there are enough. 2. Read from there. 3. If too many of these are
    left out, go further back.

    Args:
        reader: reads the newest snapshot.
        session: the session of a unit of work, for labels.
        since: lowest event time, seconds since 1970.
        most: at most this many transactions.
        width: number of features d; transactions scored with another number are left out.
        apart_from: ids of transactions to leave out.
        whole: whether to read category, currency and entities too.

    Returns:
        The transactions, newest first.
    """
    kinds = kinds_in(reader.names) if whole else []
    columns = (*_COLUMNS, *(("category", "currency", *(ENTITY + kind for kind in kinds)) if whole else ()))
    left_out, wanted = pa.array(sorted(apart_from), pa.string()), most + len(apart_from)
    while True:
        cut = _time_of_newest(reader, wanted, since)
        read = list(reader.batches(columns, since=cut))
        kept = [_usable(batch, width, left_out) for batch in read]
        found = sum(len(one) for one in kept)
        if found >= most or cut <= since:
            break
        wanted += max(sum(len(one) for one in read) - found, most)
    if not found:
        return JudgedTraffic(np.zeros((0, width), np.float32), np.zeros(0), np.zeros(0), [])
    rows = pa.Table.from_batches(kept).combine_chunks().to_batches()[0]
    found_rows = _judged(rows, most, width, last_verdicts(session, since))
    return _with_further(found_rows, rows, kinds) if whole else found_rows


def _with_further(found: JudgedTraffic, batch: pa.RecordBatch, kinds: list[str]) -> JudgedTraffic:
    """Return the rows with category, currency and the keys of these entities."""
    order = np.argsort(-batch["event_time"].to_numpy(), kind="stable")[: len(found)]
    rows = batch.take(pa.array(order))
    return replace(
        found,
        category=rows["category"].to_numpy(),
        currency=rows["currency"].to_pylist(),
        entities=entities_of(rows, kinds),
    )


def _time_of_newest(reader: HistoryReader, count: int, since: float) -> float:
    """Return the event time from which on the `count` newest transactions are; `since` if fewer are."""
    newest, files = np.zeros(0), reader.files(since)
    for day in sorted({one.day for one in files}, reverse=True):
        of_day = [one for one in files if one.day == day]
        for batch in reader.batches(["event_time"], since=since, files=of_day):
            newest = np.concatenate([newest, batch["event_time"].to_numpy()])
            if len(newest) > count:
                newest = np.partition(newest, -count)[-count:]
        if len(newest) == count:
            return float(newest.min())
    return since


def _usable(batch: pa.RecordBatch, width: int, left_out: pa.Array) -> pa.RecordBatch:
    fits = pc.equal(pc.binary_length(batch["features"]), 4 * width)
    return batch.filter(pc.and_(fits, pc.invert(pc.is_in(batch["transaction_id"], left_out))))


def _judged(batch: pa.RecordBatch, most: int, width: int, known: dict[str, str]) -> JudgedTraffic:
    time = batch["event_time"].to_numpy()
    newest = np.argsort(-time, kind="stable")[:most]
    ids = batch["transaction_id"].take(pa.array(newest)).to_pylist()
    return JudgedTraffic(
        features_of(batch["features"], width)[newest].astype(np.float32),
        time[newest],
        batch["amount"].to_numpy(zero_copy_only=False)[newest],
        [known.get(one) for one in ids],
    )
