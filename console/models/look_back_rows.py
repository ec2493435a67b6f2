"""Stored transactions as a look-back reads them: columns, from the database or from the history store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc

from storage import UnitOfWork
from storage.scored_transactions import SlimRow

if TYPE_CHECKING:
    from storage.history import HistoryReader


@dataclass(frozen=True)
class LookBackRows:
    """n transactions.

    Attributes:
        ids: their ids, strings (n,).
        event_time: seconds since 1970, float64 (n,).
        amount: units of their currencies, float64 (n,).
        alerted: whether they were held, bool (n,).
        features: as they were scored, float32 (n, d).
    """

    ids: pa.Array
    event_time: NDArray[np.float64]
    amount: NDArray[np.float64]
    alerted: NDArray[np.bool_]
    features: NDArray[np.float32]


class PastTransactions(Protocol):
    """Where a look-back reads."""

    def newest_event_time(self) -> float | None:
        """Return the highest stored event time, seconds since 1970; None if nothing is stored."""

    def since(self, event_time: float, width: int) -> Iterator[LookBackRows]:
        """Yield transactions from an event time on.

        Args:
            event_time: seconds since 1970.
            width: number of features; transactions with another number are left out.
        """


class FromDatabase:
    """Reads `scored_transactions`.

    Args:
        unit: open unit of work.
    """

    def __init__(self, unit: UnitOfWork) -> None:
        self._transactions = unit.transactions

    def newest_event_time(self) -> float | None:
        """Return the highest stored event time; see `PastTransactions`."""
        return self._transactions.newest_event_time()

    def since(self, event_time: float, width: int) -> Iterator[LookBackRows]:
        """Yield transactions from an event time on; see `PastTransactions`."""
        for step in self._transactions.slim_since(event_time):
            rows = [one for one in step if len(one.features) == 4 * width]
            if rows:
                yield _of_rows(rows)


class FromHistory:
    """Reads the history store.

    Args:
        reader: reads the newest snapshot.
    """

    def __init__(self, reader: HistoryReader) -> None:
        self._reader = reader

    def newest_event_time(self) -> float | None:
        """Return the highest stored event time; see `PastTransactions`."""
        return self._reader.newest_event_time()

    def since(self, event_time: float, width: int) -> Iterator[LookBackRows]:
        """Yield transactions from an event time on; see `PastTransactions`."""
        from storage.history.columns import features_of

        columns = ("transaction_id", "event_time", "amount", "decision", "features")
        for read in self._reader.batches(columns, since=event_time):
            fits = pc.equal(pc.binary_length(read["features"]), 4 * width)
            batch = read if pc.all(fits).as_py() else read.filter(fits)
            if batch.num_rows:
                yield LookBackRows(
                    batch["transaction_id"],
                    batch["event_time"].to_numpy(),
                    batch["amount"].to_numpy(zero_copy_only=False),
                    batch["decision"].to_numpy(zero_copy_only=False) != 0,
                    features_of(batch["features"], width),
                )


def _of_rows(rows: Sequence[SlimRow]) -> LookBackRows:
    n = len(rows)
    return LookBackRows(
        pa.array([row.transaction_id for row in rows], pa.string()),
        np.fromiter((row.event_time for row in rows), np.float64, n),
        np.fromiter((row.amount for row in rows), np.float64, n),
        np.fromiter((row.decision != 0 for row in rows), bool, n),
        np.frombuffer(b"".join(row.features for row in rows), "<f4").reshape(n, -1),
    )
