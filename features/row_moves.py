"""Copy profile rows between the published ones and a stage."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from features.compiling import kernel
from features.pointers import row_pointer
from features.profile_row import ROW_WORDS

Rows = npt.NDArray[np.void]
Slots = npt.NDArray[np.int32]


def longer(array: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    """Return a copy with zeros at its end, which take no memory until they are written."""
    copy = np.zeros(length, array.dtype)
    copy[: len(array)] = array
    return copy


def words(rows: Rows) -> npt.NDArray[np.int64]:
    """Return the same rows as 64-bit words, (n, w), which numpy copies several times as fast as records."""
    return rows.view(np.int64).reshape(len(rows), ROW_WORDS)


@kernel
def scatter(source: npt.NDArray[np.int64], slots: Slots, target: npt.NDArray[np.int64]) -> None:
    """Copy row k of `source` over row `slots[k]` of `target`, both as words."""
    for k in range(len(slots)):
        row, place = row_pointer(source, k), row_pointer(target, slots[k])
        for w in range(ROW_WORDS):
            place[w] = row[w]


@kernel
def number_slots(slots: Slots, number: Slots, touched: Slots, row_of: Slots) -> int:
    """Number the different slots from 0 on, in order of appearance; return their count.

    number: (capacity,) zeros, before and after. touched: becomes the different slots; row_of: the numbers.
    """
    count = 0
    for i in range(len(slots)):
        slot = slots[i]
        if number[slot] == 0:
            touched[count] = slot
            count += 1
            number[slot] = count
        row_of[i] = number[slot] - 1
    for k in range(count):
        number[touched[k]] = 0
    return count
