"""Rows of the history store for tests, and a process that appends them and ends where it is told to."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyiceberg.table import Table

from storage.history import HistoryPlace, HistoryStore
from storage.history.columns import days_of, features_column

BEGIN = 1_700_006_400.0  # midnight, UTC
KINDS = ("card", "merchant")


def history_rows(
    partition: int, offsets: Sequence[int], *, every_s: float = 3600.0, width: int = 3
) -> pa.Table:
    """Return rows of these offsets; event times follow the offsets, features are `offset + number`."""
    offset = np.array(offsets, np.int64)
    times = (BEGIN + offset * every_s).astype(np.float64)
    return pa.table(
        {
            "source_partition": np.full(len(offset), partition, np.int32),
            "source_offset": offset,
            "transaction_id": [f"tx-{partition}-{one}" for one in offsets],
            "event_time": times,
            "amount": offset + 0.25,
            "decision": np.zeros(len(offset), np.int32),
            "features": features_column((offset[:, None] + np.arange(width)).astype(np.float32)),
            "day": days_of(times),
            "entity_card": [f"card-{one % 7}" for one in offsets],
            "entity_merchant": ["shop"] * len(offset),
        }
    )


def append_until_killed(folder: Path, rows: int, per_append: int, kill_at: int, place: str) -> None:
    """Append from the committed place to the end, or until a kill.

    Args:
        folder: holds the store, and the file `place`, which plays the offsets in Kafka.
        rows: offsets of the partition.
        per_append: rows of an append.
        kill_at: number of the commit at which the process ends, from 0.
        place: `before` or `after` that commit; another word for never.
    """
    commit, commits = Table._do_commit, 0

    def commit_or_end(table: Table, *args: Any, **named: Any) -> None:
        nonlocal commits
        commits += 1
        if place == "before" and commits > kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        commit(table, *args, **named)
        if place == "after" and commits > kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    store = HistoryStore.open(HistoryPlace(str(folder / "history")), KINDS)
    setattr(os, "fsync", lambda _: None)  # noqa: B010 - a kill needs no disk
    setattr(Table, "_do_commit", commit_or_end)  # noqa: B010
    at = folder / "place"
    begin = int(at.read_text()) if at.exists() else 0
    while begin < rows:
        end = min(begin + per_append, rows)
        store.append(history_rows(0, range(begin, end)))
        at.write_text(str(end))
        begin = end
