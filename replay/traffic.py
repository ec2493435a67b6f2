"""Rows of a file with their features, as many as one period or shift holds."""

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
    """n rows in order of time.

    X: features float32 (n, d). label: FRAUD, GENUINE or UNKNOWN. family: index into `RowReader.families`, -1
    where none is named. keys: hash of each entity's key uint64 (n, entities), the card first. seconds: event
    time. row: number in the file.
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
        """Where the truth is fraud."""
        return np.asarray(self.label == FRAUD)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where there is a truth at all."""
        return np.asarray(self.label != UNKNOWN)

    @property
    def card(self) -> NDArray[np.uint64]:
        """Hash of the primary entity's key."""
        return self.keys[:, 0]

    def where(self, rows: NDArray[np.bool_] | Rows) -> TrafficRows:
        """Some of the rows."""
        return TrafficRows(*(getattr(self, field.name)[rows] for field in fields(self)))

    def columns(self) -> tuple[NDArray[np.generic], ...]:
        """The columns in the order that `TrafficRows` takes them in."""
        return tuple(getattr(self, field.name) for field in fields(self))


def joined(parts: Sequence[TrafficRows]) -> TrafficRows:
    """One after the other; at least one."""
    if len(parts) == 1:
        return parts[0]
    return TrafficRows(
        *(np.concatenate(columns) for columns in zip(*(p.columns() for p in parts), strict=True))
    )
