"""Rows of one period or shift of a file, with their features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles, Floats
from replay.truth import FRAUD, UNKNOWN

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class TrafficRows:
    """n rows.

    Attributes:
        X: Features, float32 (n, d).
        label: FRAUD, GENUINE or UNKNOWN, int8 (n,).
        family: Index into `RowReader.families`, int32 (n,); -1 where none is named.
        keys: Hash of each entity's key, uint64 (n, entities); the card comes first.
        seconds: Event time, float64 (n,), seconds since 1970.
        amount: Amounts, float64 (n,).
        row: Numbers of the rows in the file, int64 (n,).
    """

    X: Floats
    label: NDArray[np.int8]
    family: NDArray[np.int32]
    keys: NDArray[np.uint64]
    seconds: Doubles
    amount: Doubles
    row: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.row)

    @property
    def fraud(self) -> NDArray[np.bool_]:
        """Which rows are labelled fraud, bool (n,)."""
        return np.asarray(self.label == FRAUD)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows have a label, bool (n,)."""
        return np.asarray(self.label != UNKNOWN)

    @property
    def card(self) -> NDArray[np.uint64]:
        """Hash of the primary entity's key, uint64 (n,)."""
        return self.keys[:, 0]

    def where(self, rows: NDArray[np.bool_] | Rows) -> TrafficRows:
        """Return some of the rows, by a mask or by position."""
        return TrafficRows(*(getattr(self, field.name)[rows] for field in fields(self)))

    def columns(self) -> tuple[NDArray[np.generic], ...]:
        """Return the columns in the order of the fields."""
        return tuple(getattr(self, field.name) for field in fields(self))


def joined(parts: Sequence[TrafficRows]) -> TrafficRows:
    """Return one or more parts one after the other."""
    if len(parts) == 1:
        return parts[0]
    return TrafficRows(
        *(np.concatenate(columns) for columns in zip(*(p.columns() for p in parts), strict=True))
    )
