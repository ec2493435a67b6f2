"""From the bytes of many records to columns: find the mapped values, then read them."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from features import json_grammar as json
from features.codes import INVALID, category_at, channel_at, currency_at
from features.columns import NO_CATEGORY, NO_CURRENCY, Channel
from features.iso8601 import iso8601_at
from features.json_numbers import number_at
from features.schema import MAX_AMOUNT, MAX_KEY_BYTES
from features.spans import NULL, Bytes, Index, Offsets

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

# Places of the fields among the values found; the entities' keys follow.
ID, TIME, AMOUNT, CURRENCY, CATEGORY, CHANNEL, FIRST_KEY = range(7)
_NO_FIELD = -1
_N = 110  # first byte of null


@numba.njit(cache=True, nogil=True)
def find_values(
    buffer: Bytes, start: Offsets, end: Offsets, names: Bytes, name_end: Offsets, values: Offsets, usual: Mask
) -> None:
    """Find the mapped values of each record, and check that the whole record is well formed.

    names: the fields' names one after the other, field f up to `name_end[f]`; an empty name is never present.
    values: int64 (n, fields, 2), where each value begins and ends, quotes included; -1 where absent.
    usual: (n,) whether the record is fully understood; the others are for a full parser.
    """
    follower = np.zeros(len(name_end), np.int64)  # the field that followed each in the record before
    for i in range(len(start)):
        values[i] = NULL
        usual[i] = start[i] != NULL and _find_in_record(
            buffer, start[i], end[i], names, name_end, follower, values[i]
        )


@numba.njit(cache=True, nogil=True)
def _find_in_record(
    buffer: Bytes, at: Index, end: Index, names: Bytes, name_end: Offsets, follower: Offsets, values: Offsets
) -> bool:
    at = json.skip_space(buffer, at, end)
    if at >= end or buffer[at] != json.OPEN_OBJECT:
        return False
    at = json.skip_space(buffer, at + 1, end)
    field = 0
    while at < end and buffer[at] == json.QUOTE:
        name_past = json.skip_name(buffer, at, end)
        if name_past == json.BAD:
            return False
        guess = follower[field]
        found = _field_named(buffer, at + 1, name_past - 1, names, name_end, guess)
        at = json.skip_colon(buffer, name_past, end)
        past = json.skip_value(buffer, at, end) if at != json.BAD else json.BAD
        if past == json.BAD:
            return False
        if found != _NO_FIELD:
            follower[field] = field = found
            values[found, 0], values[found, 1] = at, past
        at = json.skip_space(buffer, past, end)
        if at < end and buffer[at] == json.CLOSE_OBJECT:
            return json.skip_space(buffer, at + 1, end) == end
        if at >= end or buffer[at] != json.COMMA:
            return False
        at = json.skip_space(buffer, at + 1, end)
    return False


@numba.njit(cache=True, nogil=True)
def _field_named(
    buffer: Bytes, start: Index, end: Index, names: Bytes, name_end: Offsets, guess: Index
) -> Index:
    """The mapped field of this name; `guess` is tried first."""
    if _is_name(buffer, start, end, names, name_end, guess):
        return guess
    for field in range(len(name_end)):
        if _is_name(buffer, start, end, names, name_end, field):
            return field
    return _NO_FIELD


@numba.njit(cache=True, nogil=True)
def _is_name(buffer: Bytes, start: Index, end: Index, names: Bytes, name_end: Offsets, field: Index) -> bool:
    first = name_end[field - 1] if field > 0 else 0
    width = name_end[field] - first
    if width == 0 or end - start != width:
        return False
    for k in range(width):
        if buffer[start + k] != names[first + k]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def read_values(
    buffer: Bytes, values: Offsets, usual: Mask, per_second: float, earliest: float, latest: Floats,
    time: Floats, amount: Floats, codes: npt.NDArray[np.int32],
) -> None:  # fmt: skip
    """Read the values of usual records; a record with a value that will not do becomes unusual.

    per_second: units of numeric time per second, or 0 for ISO 8601. latest: (n,) seconds.
    time, amount: (n,). codes: (n, 3), currency, category and channel.
    The spans of ids and keys in `values` shrink to the text within the quotes.
    """
    for i in range(len(usual)):
        if not usual[i]:
            continue
        time[i] = _time_of(buffer, values[i, TIME, 0], values[i, TIME, 1], per_second)
        amount[i] = _number_of(buffer, values[i, AMOUNT, 0], values[i, AMOUNT, 1])
        fits = earliest <= time[i] <= latest[i] and 0.0 <= amount[i] <= MAX_AMOUNT
        fits = fits and _read_codes(buffer, values[i], codes[i])
        fits = fits and _read_text(buffer, values[i, ID])
        for k in range(FIRST_KEY, values.shape[1]):
            fits = fits and _read_text(buffer, values[i, k])
        usual[i] = fits


@numba.njit(cache=True, nogil=True)
def _number_of(buffer: Bytes, start: Index, end: Index) -> float:
    if start == NULL or not json.is_digit(buffer[start]):
        return np.nan
    return number_at(buffer, start, end)


@numba.njit(cache=True, nogil=True)
def _time_of(buffer: Bytes, start: Index, end: Index, per_second: float) -> float:
    if per_second > 0.0:
        return _number_of(buffer, start, end) / per_second
    if start == NULL or buffer[start] != json.QUOTE:
        return np.nan
    return iso8601_at(buffer, start + 1, end - 1)


@numba.njit(cache=True, nogil=True)
def _read_text(buffer: Bytes, span: Offsets) -> bool:
    """Whether the value is a string or a whole number of 1 to 64 bytes; `span` becomes that of its text."""
    start, end = span[0], span[1]
    if start == NULL:
        return False
    if buffer[start] == json.QUOTE:
        start, end = start + 1, end - 1
    else:
        for at in range(start, end):
            if not json.is_digit(buffer[at]):
                return False
    span[0], span[1] = start, end
    return 1 <= end - start <= MAX_KEY_BYTES


@numba.njit(cache=True, nogil=True)
def _read_codes(buffer: Bytes, values: Offsets, codes: npt.NDArray[np.int32]) -> bool:
    codes[0], codes[1], codes[2] = NO_CURRENCY, NO_CATEGORY, Channel.UNKNOWN
    for field in range(CURRENCY, FIRST_KEY):
        span = values[field]
        if span[0] == NULL or buffer[span[0]] == _N:
            continue
        if not _read_text(buffer, span):
            return False
        code = _code_at(buffer, span[0], span[1], field)
        if code == INVALID:
            return False
        codes[field - CURRENCY] = code
    return True


@numba.njit(cache=True, nogil=True)
def _code_at(buffer: Bytes, start: Index, end: Index, field: int) -> Index:
    if field == CURRENCY:
        return currency_at(buffer, start, end)
    if field == CATEGORY:
        return category_at(buffer, start, end)
    return channel_at(buffer, start, end)
