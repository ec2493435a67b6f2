"""Decayed counts and sums as flagfive keeps them: rows by slot, staged until the commit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.stream.task import INPUTS, TAUS_S
from features.byte_strings import ByteStrings
from features.compiling import kernel
from features.numerics import exp_negative
from features.profiles import ChangedRows
from features.slots import SlotTable

Rows = NDArray[np.float64]
Slots = NDArray[np.int32]

WINDOWS = len(TAUS_S)
WIDTH = 1 + 2 * WINDOWS  # newest event time, counts, sums
ROW = np.dtype([("last", "<f8"), ("counts", "<f8", WINDOWS), ("sums", "<f8", WINDOWS)])
_PER_S = 1.0 / np.array(TAUS_S)
_NEVER = -1


@dataclass(frozen=True, slots=True)
class StagedSums:
    """Rows changed by a batch: `slots` (u,) and their new values, float64 (u, 7)."""

    slots: Slots
    rows: Rows


class CardSums:
    """Sums of every card of a partition, with the methods that a checkpoint needs from profiles."""

    def __init__(self) -> None:
        self._table = SlotTable()
        self._rows = np.zeros((0, WIDTH))
        self._changed_in = np.zeros(0, np.int32)
        self._place = np.zeros(0, np.int32)
        self._round = 0
        self._checkpointed = _NEVER

    def __len__(self) -> int:
        return len(self._table)

    @property
    def nbytes(self) -> int:
        """Return the bytes of memory, without the bytes of the keys."""
        return self._table.nbytes + self._rows.nbytes + self._changed_in.nbytes + self._place.nbytes

    def stage(self, cards: ByteStrings, time: Rows, amount: Rows) -> tuple[StagedSums, NDArray[np.float32]]:
        """Fold n transactions into copies of their rows; return the copies and the inputs float32 (n, 8)."""
        slots = self._table.lookup_or_insert(cards)
        self._make_room()
        touched, row_of = np.empty(len(slots), np.int32), np.empty(len(slots), np.int32)
        touched = touched[: _number(slots, self._place, touched, row_of)]
        rows = self._rows.take(touched, axis=0)
        inputs = np.empty((len(slots), INPUTS), np.float32)
        _fold(rows, row_of, time, amount, _PER_S, inputs)
        return StagedSums(touched, rows), inputs

    def publish(self, staged: StagedSums) -> None:
        """Write the staged rows, once their batch is committed."""
        self._rows[staged.slots] = staged.rows
        self._changed_in[staged.slots] = self._round

    def expire(self) -> ByteStrings:
        """Expire nothing: this benchmark keeps all cards."""
        return ByteStrings.empty()

    def changed_since_checkpoint(self) -> ChangedRows:
        slots = np.flatnonzero(self._changed_in > self._checkpointed).astype(np.int32)
        rows = self._rows[slots].view(ROW).reshape(-1)
        changed = ChangedRows(self._table.key_bytes(slots).gather(), rows, self._round)
        self._round += 1
        return changed

    def mark_checkpointed(self, changed: ChangedRows) -> None:
        self._checkpointed = max(self._checkpointed, changed.round)

    def _make_room(self) -> None:
        more = self._table.capacity - len(self._rows)
        if more > 0:
            self._rows = np.concatenate([self._rows, np.zeros((more, WIDTH))])
            self._changed_in = np.concatenate([self._changed_in, np.full(more, _NEVER, np.int32)])
            self._place = np.concatenate([self._place, np.full(more, -1, np.int32)])


@kernel
def _number(slots: Slots, place: Slots, touched: Slots, row_of: Slots) -> int:
    """Number the distinct slots in order of appearance; `place` is -1 everywhere, before and after."""
    count = 0
    for i in range(len(slots)):
        if place[slots[i]] < 0:
            place[slots[i]] = count
            touched[count] = slots[i]
            count += 1
        row_of[i] = place[slots[i]]
    for k in range(count):
        place[touched[k]] = -1
    return count


@kernel
def _fold(
    rows: Rows, row_of: Slots, time: Rows, amount: Rows, per_s: Rows, inputs: NDArray[np.float32]
) -> None:
    for i in range(len(row_of)):
        row = rows[row_of[i]]
        elapsed = max(time[i] - row[0], 0.0) if row[1] > 0.0 else 0.0
        row[0] = max(row[0], time[i])
        inputs[i, 0], inputs[i, 1] = amount[i], elapsed
        for w in range(WINDOWS):
            kept = exp_negative(elapsed * per_s[w])
            row[1 + w] = row[1 + w] * kept + 1.0
            row[1 + WINDOWS + w] = row[1 + WINDOWS + w] * kept + amount[i]
            inputs[i, 2 + 2 * w], inputs[i, 3 + 2 * w] = row[1 + w], row[1 + WINDOWS + w]
