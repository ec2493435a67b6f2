"""Writes imported transactions to the history store and their labels to the database, each once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Engine

from contracts.scored_batch import scored_schema
from control.snapshot import Snapshot
from flagfive.warm.history_rows import Arrived
from recorder.generations import Generations
from recorder.history_rows import history_rows
from replay.truth import FRAUD, GENUINE
from storage import UnitOfWork
from storage.bulk import Row
from storage.history import HistoryStore
from storage.labels import FRAUD as FRAUD_LABEL
from storage.labels import GENUINE as GENUINE_LABEL
from stream.batch import Batch
from stream.scoring.decide import score_batch
from stream.scoring.scorer import to_scored

ROWS_PER_COMMIT = 262_144
SOURCE = "import"
"""Source of imported labels, and their author."""
_LABELS_AT_ONCE = 50_000


def stored_partition_of(fingerprint: str) -> int:
    """Return the stored partition of an import's transactions, which have none of the stream.

    It is negative, so it never meets one of the stream, and follows from the files. So the store knows what
    it has of an import: the row numbers up to the mark of this partition.

    Example:
        >>> stored_partition_of("00000000ff")
        -1
    """
    return -1 - int(fingerprint[:8], 16) % ((1 << 31) - 1)


@dataclass
class StoreRows:
    """Scores rows and appends them to the history store, in commits of `ROWS_PER_COMMIT`.

    Rows that an earlier run has stored are left out.

    Args:
        store: the open store.
        snapshot: what scores them.
        kinds: entities of the settings.
        partition: from `stored_partition_of`.
        generations: the control log that the snapshot's offset belongs to.
        oldest: rows before it are left out, event time in seconds since 1970.

    Attributes:
        stored: rows stored by this run.
        repeated: rows that were there already.
        outdated: rows left out for their age.
    """

    store: HistoryStore
    snapshot: Snapshot
    kinds: Sequence[str]
    partition: int
    generations: Generations
    oldest: float
    stored: int = 0
    repeated: int = 0
    outdated: int = 0
    _held: list[pa.RecordBatch] = field(default_factory=list)
    _rows: int = 0

    def __post_init__(self) -> None:
        self._mark = self.store.marks().last.get(self.partition, -1)

    def add(self, rows: Arrived, features: NDArray[np.float32], links: NDArray[np.float32]) -> None:
        """Take the next n rows with their features float32 (n, d) and links float32 (n, entities).

        Raises:
            StorageError: the store cannot be reached.
        """
        there = rows.number <= self._mark
        old = ~there & (rows.part.columns.time < self.oldest)
        self.repeated += int(there.sum())
        self.outdated += int(old.sum())
        if not (new := ~there & ~old).any():
            return
        rows, features, links = rows.where(new), features[new], links[new]
        columns, n = rows.part.columns, int(new.sum())
        batch = Batch(
            columns,
            np.full(n, self.partition, np.int32),
            rows.number,
            rows.number + 1,
            columns.time,  # the file has no arrivals
            features,
            links,
        )
        schema = scored_schema(self.kinds, features.shape[1])
        self._held.append(to_scored(batch, score_batch(batch, self.snapshot, self.kinds), schema))
        self._rows += n
        if self._rows >= ROWS_PER_COMMIT:
            self.flush()

    def flush(self) -> None:
        """Commit what is held.

        Raises:
            StorageError: the store cannot be reached.
        """
        if self._held:
            now = [time.time()] * len(self._held)
            done = self.store.append(history_rows(self._held, now, self.generations))
            self.stored += done.stored
            self._held, self._rows = [], 0


@dataclass
class StoreLabels:
    """Writes labels to the database; a label that is there already stays.

    Args:
        engine: the database, migrated.
        request_id: identifies the import.
        genuine: whether to write genuine rows too.

    Attributes:
        written: labels that are new.
    """

    engine: Engine
    request_id: str
    genuine: bool
    written: int = 0
    _held: list[Row] = field(default_factory=list)

    def add(self, rows: Arrived) -> None:
        """Take the labels of the next rows; each counts as given at the time of its transaction.

        Raises:
            StorageUnavailable: the database is away.
        """
        part = rows.part
        verdicts = {FRAUD: FRAUD_LABEL} | ({GENUINE: GENUINE_LABEL} if self.genuine else {})
        for meaning, verdict in verdicts.items():
            at = np.flatnonzero(part.label == meaning)
            ids, times = part.columns.id.take(at).to_list(), part.columns.time[at].tolist()
            self._held += [
                ((identity or b"").decode(), verdict, SOURCE, SOURCE, when, self.request_id)
                for identity, when in zip(ids, times, strict=True)
            ]
        if len(self._held) >= _LABELS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Commit what is held.

        Raises:
            StorageUnavailable: the database is away.
        """
        if self._held:
            with UnitOfWork(self.engine) as unit:
                self.written += unit.labels.add_many(self._held)
                unit.commit()
            self._held = []
