"""Numbers from the bytes of well-formed JSON."""

from __future__ import annotations

import numpy as np

from features.byte_strings import Index
from features.compiling import inlined
from features.json_grammar import POINT, ZERO, is_digit
from features.pointers import Pointer

_MOST_DIGITS = 18  # any number with so many digits fits an int64
_EXACT = 1 << 53  # integers up to here are float64 without rounding
_POWERS_OF_TEN = 10.0 ** np.arange(_MOST_DIGITS + 1)  # exact, as all are up to 1e22


@inlined
def number_at(text: Pointer, start: Index, end: Index) -> float:
    """The number from `start` to `end`, rounded once, as any correct parser rounds it.

    Digits and power of ten are exact as float64, so one division rounds correctly. NaN where they are not, or
    where the value is no positive number.
    Source: Clinger 1990, «How to read floating point numbers accurately», PLDI.
    """
    if end - start > _MOST_DIGITS or not is_digit(text[start]):
        return np.nan
    digits, point = np.int64(0), end
    for at in range(start, end):
        if text[at] == POINT:
            point = at + 1
        else:
            digits = digits * 10 + (np.int64(text[at]) - ZERO)
    if point == end:
        return float(digits)
    return digits / _POWERS_OF_TEN[end - point] if digits <= _EXACT else np.nan
