"""The profiles of one entity in one partition: staged beside the truth, published after the commit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.columns import Columns
from features.compiling import kernel
from features.entity_columns import COMMON_FEATURES, PRIMARY_FEATURES
from features.hashing import hash_spans
from features.kernels import fold
from features.pointers import row_pointer
from features.profile_row import COUNT, LAST, PROFILE_ROW, ROW_WORDS, WINDOWS
from features.slots import SlotTable
from features.spans import ByteSpans
from features.windows import IDLE_S

Rows = npt.NDArray[np.void]
Slots = npt.NDArray[np.int32]

_NEVER_CHANGED = -1


class StaleStage(RuntimeError):
    """A stage that must not become the truth: published or discarded before, or followed by a newer one."""


@dataclass(frozen=True, slots=True)
class Staged:
    """The rows that a batch has changed, not yet the truth. Dropping it is all that discarding takes."""

    slots: Slots  # (u,) the rows touched, each once
    rows: Rows  # (u,) what they become
    watermark: float


@dataclass(frozen=True, slots=True)
class Changed:
    """Rows that changed since the last checkpoint: `keys` (c) and `rows` (c), copies of both."""

    keys: ByteSpans
    rows: Rows
    round: int


class Profiles:
    """Profile rows by entity key, of the entity at `position` in the schema; 0 is the primary one.

    One batch is under way at a time: `stage` it, commit its outputs, `publish` it. Staging the next batch
    makes an unpublished stage worthless, so one whose commit failed cannot be published later by accident.
    """

    def __init__(self, position: int) -> None:
        self._position = position
        self._table = SlotTable()
        self._rows = np.zeros(self._table.capacity, PROFILE_ROW)
        self._changed_in = np.full(
            self._table.capacity, _NEVER_CHANGED, np.int32
        )  # round of the last change
        self._place = np.full(
            self._table.capacity, -1, np.int32
        )  # of a slot among the rows being staged
        self._round = 0
        self._checkpointed = _NEVER_CHANGED
        self._under_way: Staged | None = None
        self.watermark = 0.0  # newest event time published, seconds

    def __len__(self) -> int:
        """Keys in memory, those counted that were staged and never published."""
        return len(self._table)

    @property
    def nbytes(self) -> int:
        """Memory in bytes of all that is kept per key, used or reserved, without the keys' own bytes."""
        return (
            self._table.nbytes
            + self._rows.nbytes
            + self._changed_in.nbytes
            + self._place.nbytes
        )

    @property
    def feature_count(self) -> int:
        """Columns that `stage` writes."""
        return COMMON_FEATURES if self._position else PRIMARY_FEATURES

    def stage(self, columns: Columns, out: npt.NDArray[np.float32]) -> Staged:
        """Fold n transactions, in their order, into copies of the rows they touch.

        out: float32 (n, feature_count), may be a slice of a wider array; row i becomes the features of
        transaction i as of just before it.
        """
        slots = self._table.lookup_or_insert(columns.keys[self._position])
        self._make_room()
        touched = np.empty(len(slots), np.int32)
        row_of = np.empty(len(slots), np.int32)
        touched = touched[: _number_slots(slots, self._place, touched, row_of)]
        rows = (
            _words(self._rows)
            .take(touched, axis=0, mode="clip")
            .view(PROFILE_ROW)[:, 0]
        )
        watermark = fold(
            rows, row_of, columns.time, columns.amount, columns.category,
            hash_spans(self._partners(columns)), self.watermark, self._position == 0, out,
        )  # fmt: skip
        self._under_way = Staged(touched, rows, watermark)
        return self._under_way

    def publish(self, staged: Staged) -> None:
        """Make the staged rows the truth. Raises StaleStage unless it is the newest stage, and only once."""
        if staged is not self._under_way:
            raise StaleStage(
                "only the newest stage can be published, once; stage the batch again"
            )
        self._under_way = None
        _scatter(_words(staged.rows), staged.slots, _words(self._rows))
        self._changed_in[staged.slots] = self._round
        self.watermark = staged.watermark

    def discard(self, staged: Staged) -> None:
        """Forget a stage whose commit failed; it can never be published."""
        if staged is self._under_way:
            self._under_way = None

    def changed_since_checkpoint(self) -> Changed:
        """Copies of the rows published since the last checkpoint that was marked as done."""
        slots = np.flatnonzero(self._changed_in > self._checkpointed).astype(np.int32)
        changed = Changed(
            self._table.key_bytes(slots).gather(), self._rows[slots], self._round
        )
        self._round += 1
        return changed

    def mark_checkpointed(self, changed: Changed) -> None:
        """Note that `changed` is stored for good. Until then its rows are handed out again next time."""
        self._checkpointed = max(self._checkpointed, changed.round)

    def restore(self, keys: ByteSpans, rows: Rows) -> None:
        """Take rows from a checkpoint: keys (n), rows (n) of PROFILE_ROW. They count as checkpointed."""
        if rows.dtype != PROFILE_ROW:
            raise ValueError(
                f"rows of {rows.dtype.itemsize} bytes: profile rows have {PROFILE_ROW.itemsize}"
            )
        slots = self._table.lookup_or_insert(keys)
        self._make_room()
        self._rows[slots] = rows
        self._changed_in[slots] = _NEVER_CHANGED
        if len(rows):
            self.watermark = max(self.watermark, float(rows["clock"][:, LAST].max()))

    def expire(self) -> ByteSpans:
        """Free the rows that have been idle for IDLE_S, and return their keys.

        `fold` treats such rows as never seen, so when this is called changes no feature. Raises StaleStage
        while a stage is under way, whose slots it might give to others.
        """
        if self._under_way is not None:
            raise StaleStage(
                "a stage is under way: publish or discard it before rows expire"
            )
        idle = self._rows["clock"][:, LAST] < self.watermark - IDLE_S
        unborn = (
            self._rows["windows"][:, COUNT + WINDOWS - 1] == 0.0
        )  # staged once, never published
        slots = self._table.used()
        slots = slots[(idle | unborn)[slots]]
        keys = self._table.key_bytes(slots).gather()
        self._table.remove(slots)
        self._rows[slots] = np.zeros((), PROFILE_ROW)
        self._changed_in[slots] = _NEVER_CHANGED
        return keys

    def _partners(self, columns: Columns) -> ByteSpans:
        """Whom the entity meets in a transaction: the primary one the second, every other one the primary."""
        return columns.keys[min(1, len(columns.keys) - 1) if self._position == 0 else 0]

    def _make_room(self) -> None:
        more = self._table.capacity - len(self._rows)
        if more:
            self._rows = np.concatenate([self._rows, np.zeros(more, PROFILE_ROW)])
            self._changed_in = np.concatenate(
                [self._changed_in, np.full(more, _NEVER_CHANGED, np.int32)]
            )
            self._place = np.concatenate([self._place, np.full(more, -1, np.int32)])


def _words(rows: Rows) -> npt.NDArray[np.int64]:
    """The same rows as 64-bit words, (n, w): numpy copies them several times as fast as records."""
    return rows.view(np.int64).reshape(len(rows), ROW_WORDS)


@kernel
def _scatter(
    source: npt.NDArray[np.int64], slots: Slots, target: npt.NDArray[np.int64]
) -> None:
    for k in range(len(slots)):
        row, place = row_pointer(source, k), row_pointer(target, slots[k])
        for w in range(ROW_WORDS):
            place[w] = row[w]


@kernel
def _number_slots(slots: Slots, place: Slots, touched: Slots, row_of: Slots) -> int:
    """Number the different slots in order of appearance; `place` is -1 everywhere, before and after."""
    count = 0
    for i in range(len(slots)):
        slot = slots[i]
        if place[slot] < 0:
            place[slot] = count
            touched[count] = slot
            count += 1
        row_of[i] = place[slot]
    for k in range(count):
        place[touched[k]] = -1
    return count
