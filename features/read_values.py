"""Read the values that were found in the bytes of many records."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.byte_strings import NULL, Bytes, Index, Offsets
from features.codes import CATEGORY, CHANNEL, CURRENCY, INVALID, code_at
from features.columns import NO_CATEGORY, NO_CURRENCY, Channel
from features.compiling import inlined, kernel
from features.iso8601 import iso8601_at
from features.json_grammar import QUOTE, is_digit
from features.json_numbers import number_at
from features.pointers import Pointer, pointer_to, row_pointer
from features.schema import MAX_AMOUNT, MAX_KEY_BYTES

Floats = npt.NDArray[np.float64]

# Places of the fields among the values found; the entities' keys follow.
ID, TIME, AMOUNT, FIRST_CODE = range(4)
FIRST_KEY = FIRST_CODE + 3  # after currency, category and channel
_N = 110  # first byte of null


@kernel
def read_values(
    buffer: Bytes, values: Offsets, usual: npt.NDArray[np.bool_], per_second: float, earliest: float,
    latest: Floats, time: Floats, amount: Floats, codes: npt.NDArray[np.int32],
) -> None:  # fmt: skip
    """Read the values of usual records; a record with a value that will not do becomes unusual.

    values: int64 (n, f, 2) of `find_values`; those of ids, codes and keys shrink to the text within quotes.
    per_second: units of numeric time per second, or 0 for ISO 8601. latest: (n,) seconds.
    time, amount: (n,), NaN where they are to be read; other values are known, time in seconds.
    codes: (n, 3), currency, category and channel.
    """
    text = pointer_to(buffer)
    for i in range(len(usual)):
        if not usual[i]:
            continue
        found = row_pointer(values, i)
        if np.isnan(time[i]):
            time[i] = _time_of(text, found[2 * TIME], found[2 * TIME + 1], per_second)
        if np.isnan(amount[i]):
            amount[i] = _number_of(text, found[2 * AMOUNT], found[2 * AMOUNT + 1])
        fits = earliest <= time[i] <= latest[i] and 0.0 <= amount[i] <= MAX_AMOUNT
        fits = fits and _read_codes(text, found, row_pointer(codes, i)) and _read_text(text, found, ID)
        for field in range(FIRST_KEY, values.shape[1]):
            fits = fits and _read_text(text, found, field)
        usual[i] = fits


@inlined
def _number_of(text: Pointer, start: Index, end: Index) -> float:
    return number_at(text, start, end) if start != NULL else np.nan


@inlined
def _time_of(text: Pointer, start: Index, end: Index, per_second: float) -> float:
    if per_second > 0.0:
        return _number_of(text, start, end) / per_second
    if start == NULL or text[start] != QUOTE:
        return np.nan
    return iso8601_at(text, start + 1, end - 1)


@inlined
def _read_text(text: Pointer, found: Pointer, field: Index) -> bool:
    """Whether the value is a string or a whole number of 1 to 64 bytes; its offsets become its text's."""
    start, end = found[2 * field], found[2 * field + 1]
    if start == NULL:
        return False
    if text[start] == QUOTE:
        start, end = start + 1, end - 1
    else:
        for at in range(start, end):
            if not is_digit(text[at]):
                return False
    found[2 * field], found[2 * field + 1] = start, end
    return bool(1 <= end - start <= MAX_KEY_BYTES)


@inlined
def _read_codes(text: Pointer, found: Pointer, codes: Pointer) -> bool:
    codes[CURRENCY], codes[CATEGORY], codes[CHANNEL] = (NO_CURRENCY, NO_CATEGORY, Channel.UNKNOWN)
    for kind in range(3):
        field = FIRST_CODE + kind
        if found[2 * field] == NULL or text[found[2 * field]] == _N:
            continue
        if not _read_text(text, found, field):
            return False
        code = code_at(text, found[2 * field], found[2 * field + 1], kind)
        if code == INVALID:
            return False
        codes[kind] = code
    return True
