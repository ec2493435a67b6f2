"""Numbers from the bytes of well-formed JSON."""

from __future__ import annotations

import numba
import numpy as np

from features.json_grammar import MINUS, POINT, ZERO
from features.spans import Bytes, Index

_MOST_DIGITS = 18  # of a number that fits an int64 whatever the digits
_EXACT = 1 << 53  # integers up to here are float64 without rounding
_POWERS_OF_TEN = 10.0 ** np.arange(_MOST_DIGITS + 1)  # all exact, up to 1e22


@numba.njit(cache=True, nogil=True)
def number_at(buffer: Bytes, start: Index, end: Index) -> float:
    """The number from `start` to `end`, rounded once, as any correct parser rounds it; NaN if that needs one.

    Digits and power of ten both fit a float64, so one division rounds correctly.
    Source: Clinger 1990, «How to read floating point numbers accurately», PLDI.
    """
    if end - start > _MOST_DIGITS + 1 or buffer[start] == MINUS:
        return np.nan
    digits, decimals, in_fraction = 0, 0, 0
    for at in range(start, end):
        if buffer[at] == POINT:
            in_fraction = 1
        else:
            digits = digits * 10 + (np.int64(buffer[at]) - ZERO)
            decimals += in_fraction
    if decimals == 0:
        return float(digits) if end - start <= _MOST_DIGITS else np.nan
    return digits / _POWERS_OF_TEN[decimals] if digits <= _EXACT else np.nan
