"""The profiles of one entity in one partition: changes are staged, and published after the commit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.byte_strings import ByteStrings
from features.columns import Columns
from features.entity_columns import COMMON_FEATURES, PRIMARY_FEATURES
from features.hashing import hash_strings
from features.kernels import fold
from features.profile_row import COUNT, LAST, PROFILE_ROW, WINDOWS
from features.row_moves import longer, number_slots, scatter, words
from features.slots import SlotTable
from features.windows import IDLE_S

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.void]
Slots = npt.NDArray[np.int32]

_NOT_SINCE = 0  # the round of rows that are unchanged since they were restored


class StaleStage(RuntimeError):
    """A stage that cannot be published: it was published or discarded, or a newer one exists."""


@dataclass(frozen=True, slots=True)
class Staged:
    """The rows that a batch has changed, not yet published."""

    slots: Slots  # (u,) the rows touched, each once
    rows: Rows  # (u,) what they become
    watermark: float


@dataclass(frozen=True, slots=True)
class ChangedRows:
    """Rows that changed since the last checkpoint: `keys` (c) and `rows` (c), copies of both."""

    keys: ByteStrings
    rows: Rows
    round: int


class Profiles:
    """Profile rows by entity key, of the entity at `position` in the schema; 0 is the primary one.

    One batch is processed at a time: `stage` it, commit its outputs, then `publish` or `discard` it. Staging
    the next batch invalidates an unpublished stage, so that a batch whose commit failed cannot be published.
    """

    def __init__(self, position: int) -> None:
        self._position = position
        self._table = SlotTable()
        self._rows = np.zeros(self._table.capacity, PROFILE_ROW)
        self._changed_in = np.zeros(self._table.capacity, np.int32)  # round of the last change
        self._number = np.zeros(self._table.capacity, np.int32)  # room for `number_slots`
        self._round = _NOT_SINCE + 1
        self._checkpointed = _NOT_SINCE
        self._under_way: Staged | None = None
        self.watermark = 0.0  # newest event time published, seconds

    def __len__(self) -> int:
        """Keys in memory, including keys that were staged and never published."""
        return len(self._table)

    @property
    def nbytes(self) -> int:
        """Bytes of memory, used or reserved, without the bytes of the keys."""
        return self._table.nbytes + self._rows.nbytes + self._changed_in.nbytes + self._number.nbytes

    @property
    def feature_count(self) -> int:
        """Columns that `stage` writes."""
        return COMMON_FEATURES if self._position else PRIMARY_FEATURES

    def stage(
        self,
        columns: Columns,
        out: npt.NDArray[np.float32],
        newest: Floats | None = None,
        links: npt.NDArray[np.float32] | None = None,
    ) -> Staged:
        """Fold n transactions, in their order, into copies of the rows they touch.

        Args:
            columns: the transactions.
            out: float32 (n, feature_count), may be a slice of a wider array; row i becomes the features of
                transaction i as of just before it.
            newest: newest event time up to each transaction, seconds, (n,), where these profiles see only
                some of the transactions; None takes it from those that they have seen.
            links: float32 (n,), may be a column of a matrix; element i becomes the different partners in the
                7 days before transaction i.
        """
        if newest is None:
            newest = np.maximum.accumulate(np.maximum(columns.time, self.watermark))
        slots = self._table.lookup_or_insert(columns.keys[self._position])
        self._make_room()
        touched, row_of = np.empty(len(slots), np.int32), np.empty(len(slots), np.int32)
        touched = touched[: number_slots(slots, self._number, touched, row_of)]
        rows = words(self._rows).take(touched, axis=0, mode="clip").view(PROFILE_ROW)[:, 0]
        met = np.empty(len(columns), np.float32)
        fold(
            rows, row_of, columns.time, columns.amount, columns.category,
            hash_strings(self._partners(columns)), newest, self._position == 0, out, met,
        )  # fmt: skip
        if links is not None:
            links[:] = met
        self._under_way = Staged(touched, rows, float(newest[-1]) if len(newest) else self.watermark)
        return self._under_way

    def publish(self, staged: Staged) -> None:
        """Publish the staged rows.

        Raises:
            StaleStage: it is not the newest stage, or was published before.
        """
        if staged is not self._under_way:
            raise StaleStage("only the newest stage can be published, once; stage the batch again")
        self._under_way = None
        scatter(words(staged.rows), staged.slots, words(self._rows))
        self._changed_in[staged.slots] = self._round
        self.watermark = staged.watermark

    def discard(self, staged: Staged) -> None:
        """Forget a stage whose commit failed; it can never be published."""
        if staged is self._under_way:
            self._under_way = None

    def changed_since_checkpoint(self) -> ChangedRows:
        """Return copies of the rows published since the last stored checkpoint."""
        slots = np.flatnonzero(self._changed_in > self._checkpointed).astype(np.int32)
        changed = ChangedRows(self._table.key_bytes(slots).gather(), self._rows[slots], self._round)
        self._round += 1
        return changed

    def every_row(self) -> tuple[ByteStrings, Rows]:
        """Return copies of all keys and rows, without those that were staged and never published."""
        slots = self._table.used()
        slots = slots[self._rows["windows"][slots, COUNT + WINDOWS - 1] != 0.0]
        return self._table.key_bytes(slots).gather(), self._rows[slots]

    def mark_checkpointed(self, changed: ChangedRows) -> None:
        """Note that `changed` is stored. Until then, the next call returns its rows again."""
        self._checkpointed = max(self._checkpointed, changed.round)

    def restore(self, keys: ByteStrings, rows: Rows) -> None:
        """Load rows of a checkpoint, which count as checkpointed.

        Args:
            keys: n keys.
            rows: n rows of PROFILE_ROW.

        Raises:
            ValueError: the rows have another layout.
        """
        if rows.dtype != PROFILE_ROW:
            raise ValueError(f"rows of {rows.dtype.itemsize} bytes: profile rows have {PROFILE_ROW.itemsize}")
        slots = self._table.lookup_or_insert(keys)
        self._make_room()
        self._rows[slots] = rows
        self._changed_in[slots] = _NOT_SINCE
        if len(rows):
            self.watermark = max(self.watermark, float(rows["clock"][:, LAST].max()))

    def expire(self) -> ByteStrings:
        """Free the rows that have been idle for IDLE_S, and return their keys.

        `fold` treats such rows as never seen, so this changes no feature.

        Raises:
            StaleStage: a stage is not published or discarded yet; its slots could be given to other keys.
        """
        if self._under_way is not None:
            raise StaleStage("a stage is under way: publish or discard it before rows expire")
        slots = self._table.used()
        idle = self._rows["clock"][slots, LAST] < self.watermark - IDLE_S
        unborn = self._rows["windows"][slots, COUNT + WINDOWS - 1] == 0.0  # staged once, never published
        slots = slots[idle | unborn]
        keys = self._table.key_bytes(slots).gather()
        self._table.remove(slots)
        self._rows[slots] = np.zeros((), PROFILE_ROW)
        self._changed_in[slots] = _NOT_SINCE
        return keys

    def _partners(self, columns: Columns) -> ByteStrings:
        """Return the entity's partners: for the primary entity the second one, for all others the primary."""
        return columns.keys[min(1, len(columns.keys) - 1) if self._position == 0 else 0]

    def _make_room(self) -> None:
        if self._table.capacity > len(self._rows):
            self._rows = longer(self._rows, self._table.capacity)
            self._changed_in = longer(self._changed_in, self._table.capacity)
            self._number = longer(self._number, self._table.capacity)
