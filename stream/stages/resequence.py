"""Put transactions from different partitions back into the order of their source partition.

Stages of other entities run independently, so a card's second payment can arrive before its first. Readers of
`scores` expect them in order.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from contracts.stage_batch import EVERY_BATCH, BatchNotice, LostRows, no_rows

NOTHING_YET = -1


@dataclass(frozen=True, slots=True)
class Waiting:
    """The parts of incomplete batches that have arrived; immutable.

    Attributes:
        emitted: all transactions before this offset of `transactions` are scored; -1 before the first batch.
        notices: notices of incomplete batches, in order, each with the offset of its record.
        rows: their transactions so far, in the columns of a batch.
        told_at: int64 (n,), for each row the offset of the record that it arrived in.
        lost: notices of transactions that never arrive, in order, each with the offset of its record.
    """

    emitted: int
    notices: tuple[tuple[int, BatchNotice], ...]
    rows: pa.RecordBatch
    told_at: np.ndarray
    lost: tuple[tuple[int, LostRows], ...] = ()

    @classmethod
    def nothing(cls, schema: pa.Schema, emitted: int = NOTHING_YET) -> "Waiting":
        return cls(emitted, (), no_rows(schema), np.empty(0, np.int64))

    def first_needed(self, otherwise: int) -> int:
        """Return the first offset to read again after a crash, `otherwise` where nothing waits."""
        needed = [offset for offset, _ in (*self.notices[:1], *self.lost[:1])]
        needed += [int(self.told_at.min())] if len(self.told_at) else []
        return min(needed, default=otherwise)

    def torn_before(self, offset: int) -> "Waiting":
        """Return the state that waits for no batch whose notice is before `offset`: parts of it are lost."""
        return replace(self, lost=(*self.lost, (offset, LostRows(EVERY_BATCH, 0))))

    def with_arrived(
        self,
        notices: Sequence[tuple[int, BatchNotice]],
        rows: pa.RecordBatch,
        told_at: np.ndarray,
        lost: Sequence[tuple[int, LostRows]] = (),
    ) -> "Waiting":
        """Return the state with the new notices and rows, without those already scored."""
        new = np.asarray(rows["batch_end"]) > self.emitted
        fresh = _where(rows, new)
        return Waiting(
            self.emitted,
            (*self.notices, *((at, notice) for at, notice in notices if notice.end > self.emitted)),
            pa.concat_batches([self.rows, fresh]) if len(self.told_at) else fresh,
            np.concatenate([self.told_at, told_at[new]]),
            (*self.lost, *lost),
        )

    def take_complete(self) -> tuple[np.ndarray, "Waiting"]:
        """Return which of `rows` are of complete batches, in order, and the state that still waits.

        A batch waits while an earlier one is incomplete. With delivery at least once, a batch may come twice
        after a crash, and may be longer the second time: scored rows and repeats are dropped. Transactions
        that are lost are not waited for.
        """
        torn = max((at for at, lost in self.lost if lost.batch_end == EVERY_BATCH), default=NOTHING_YET)
        lost_of = Counter[int]()
        for _, lost in self.lost:
            lost_of[lost.batch_end] += lost.rows
        offset, end = np.asarray(self.rows["source_offset"]), np.asarray(self.rows["batch_end"])
        ready: list[np.ndarray] = []
        emitted, done = self.emitted, 0
        for at, notice in self.notices:
            rows = np.flatnonzero((end == notice.end) & (offset >= notice.begin))
            rows = rows[np.unique(offset[rows], return_index=True)[1]]
            if len(rows) + lost_of[notice.end] < notice.rows and at >= torn:
                break
            ready.append(rows[offset[rows] >= emitted])
            emitted = max(emitted, notice.end)
            done += 1
        left = end > emitted
        rest = replace(
            self,
            emitted=emitted,
            notices=self.notices[done:],
            rows=_where(self.rows, left),
            told_at=self.told_at[left],
            lost=tuple((at, lost) for at, lost in self.lost if lost.batch_end > emitted),
        )
        return np.concatenate([np.empty(0, np.int64), *ready]), rest


def _where(rows: pa.RecordBatch, wanted: np.ndarray) -> pa.RecordBatch:
    """Return the wanted rows. Mostly that is all or none, which costs 0.1 ms less than a filter."""
    if wanted.all():
        return rows
    return rows.filter(pa.array(wanted)) if wanted.any() else rows.slice(0, 0)
