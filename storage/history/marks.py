"""Marks: the last stored offset of each partition. A snapshot of the table carries them.

The scorer writes each partition of `transactions` in the order of its offsets, so a row at or before the mark
of its partition is a repeat.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyiceberg.table import Table

PROPERTY: Final = "flagfive.last-offsets"


@dataclass(frozen=True)
class Marks:
    """The last stored offset in the input topic by stored partition."""

    last: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of_table(cls, table: Table) -> Marks | None:
        """Return the marks of the newest snapshot that has any; None if rows are stored and none has."""
        snapshot = table.current_snapshot()
        if snapshot is None:
            return cls()
        while snapshot is not None:
            text = snapshot.summary[PROPERTY] if snapshot.summary else None
            if text:
                return cls({int(partition): offset for partition, offset in json.loads(text).items()})
            parent = snapshot.parent_snapshot_id
            snapshot = table.snapshot_by_id(parent) if parent is not None else None
        return None

    def properties(self) -> dict[str, str]:
        """Return the properties of a snapshot that carries these marks."""
        return {PROPERTY: json.dumps({str(one): self.last[one] for one in sorted(self.last)})}

    def new_rows(self, partition: NDArray[np.int32], offset: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which rows are not stored yet, and are the first with their offset.

        Args:
            partition: stored partitions, (n,).
            offset: offsets in the input topic in the order of arrival, (n,).

        Example:
            >>> Marks({0: 5}).new_rows(np.zeros(4, np.int32), np.array([5, 6, 6, 7])).tolist()
            [False, True, False, True]
        """
        new = np.zeros(len(offset), bool)
        for one in np.unique(partition).tolist():
            rows = np.flatnonzero(partition == one)
            before = np.concatenate([[self.last.get(one, -1)], offset[rows][:-1]])
            new[rows] = offset[rows] > np.maximum.accumulate(before)
        return new

    def after(self, rows: pa.Table) -> Marks:
        """Return the marks once these rows are stored."""
        highest = rows.group_by("source_partition").aggregate([("source_offset", "max")]).to_pydict()
        found = zip(highest["source_partition"], highest["source_offset_max"], strict=True)
        return Marks({**self.last, **{one: max(top, self.last.get(one, -1)) for one, top in found}})
