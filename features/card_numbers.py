"""Finding what may be a full card number, so that it is neither scored nor kept.

Thirteen to nineteen digits that pass the check of Luhn (ISO/IEC 7812-1, annex B), with at most one space or dash
between two of them, and no letter or further digit beside them. Left alone are decimals, UUIDs, and bare integers
that are a recent time in milli-, micro- or nanoseconds.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from features.json_grammar import (
    CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, MINUS, OPEN_ARRAY, POINT, ZERO, is_digit,
)  # fmt: skip
from features.spans import Bytes, Index, Offsets

_FEWEST, _MOST = 13, 19
_SPACE, _LOWER_CASE, _A, _F, _Z = 32, 32, 97, 102, 122
_UUID_WIDTH = 36
_ESCAPED_DIGIT = rb"\u003"
_RECENT_S = 10 * 365.25 * 86_400.0


@numba.njit(cache=True, nogil=True)
def rows_with_card_numbers(
    buffer: Bytes, start: Offsets, end: Offsets, exempt: Offsets, arrival: npt.NDArray[np.float64],
    found: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    """Write to `found` whether record i may hold a card number outside its `exempt` spans.

    exempt: int64 (n, e, 2), start and end of e values that are numbers of another kind; -1 for none.
    arrival: seconds since 1970, for telling recent times.
    """
    for i in range(len(start)):
        found[i] = _search(buffer, start[i], end[i], exempt[i], arrival[i])


def has_card_number(text: bytes, arrival: float) -> bool:
    """Whether a text may hold a card number."""
    buffer = np.frombuffer(text, np.uint8)
    return bool(_search(buffer, 0, len(buffer), np.empty((0, 2), np.int64), arrival))


def may_hold_card_number(record: bytes, arrival: float) -> bool:
    """Whether a rejected record must be withheld: it has a card number, or digits written as escapes."""
    return _ESCAPED_DIGIT in record or has_card_number(record, arrival)


@numba.njit(cache=True, nogil=True)
def _search(buffer: Bytes, start: Index, end: Index, exempt: Offsets, arrival: float) -> bool:
    """Look at every 13th byte only: a run long enough to matter cannot lie between two of them.

    Source of the idea: Boyer, Moore 1977, «A fast string searching algorithm», CACM 20(10).
    """
    at, floor = start + _FEWEST - 1, start
    while at < end:
        if not _may_belong(buffer[at]):
            at += _FEWEST
            continue
        first, past = at, at + 1
        while first > floor and _may_belong(buffer[first - 1]):
            first -= 1
        while past < end and _may_belong(buffer[past]):
            past += 1
        if past - first >= _FEWEST and _run_has_one(buffer, first, past, start, end, exempt, arrival):
            return True
        floor, at = past, past + _FEWEST
    return False


@numba.njit(cache=True, nogil=True)
def _may_belong(byte: Index) -> bool:
    return is_digit(byte) or byte == MINUS or byte == _SPACE


@numba.njit(cache=True, nogil=True)
def _run_has_one(
    buffer: Bytes, first: Index, past: Index, start: Index, end: Index, exempt: Offsets, arrival: float
) -> bool:
    """Try each group of digits in the run as the first of a number."""
    for at in range(first, past):
        if not is_digit(buffer[at]) or (at > first and is_digit(buffer[at - 1])):
            continue
        if at == start or not _joined_before(buffer, at, start):
            if _number_from(buffer, at, past, start, end, exempt, arrival):
                return True
    return False


@numba.njit(cache=True, nogil=True)
def _number_from(
    buffer: Bytes, first: Index, past: Index, start: Index, end: Index, exempt: Offsets, arrival: float
) -> bool:
    """Whether a card number begins at `first`: whole groups, one separator between them."""
    digits, at = 0, first
    while at < past and digits <= _MOST:
        if is_digit(buffer[at]):
            digits += 1
            at += 1
            group_ends = at == past or not is_digit(buffer[at])
            if group_ends and _FEWEST <= digits <= _MOST and not _joined_after(buffer, at, end):
                if _passes_luhn(buffer, first, at) and not _excused(
                    buffer, first, at, digits, start, end, exempt, arrival
                ):
                    return True
        elif at + 1 < past and is_digit(buffer[at + 1]):
            at += 1
        else:
            return False
    return False


@numba.njit(cache=True, nogil=True)
def _is_letter(byte: Index) -> bool:
    return _A <= (byte | _LOWER_CASE) <= _Z


@numba.njit(cache=True, nogil=True)
def _joined_before(buffer: Bytes, at: Index, start: Index) -> bool:
    """Whether a letter, or the whole part of a decimal, stands directly before."""
    before = buffer[at - 1]
    return _is_letter(before) or (before == POINT and at - 2 >= start and is_digit(buffer[at - 2]))


@numba.njit(cache=True, nogil=True)
def _joined_after(buffer: Bytes, at: Index, end: Index) -> bool:
    """Whether a letter, or the decimals of a number, stand directly behind."""
    if at >= end:
        return False
    return _is_letter(buffer[at]) or (buffer[at] == POINT and at + 1 < end and is_digit(buffer[at + 1]))


@numba.njit(cache=True, nogil=True)
def _passes_luhn(buffer: Bytes, first: Index, past: Index) -> bool:
    total, doubled = 0, False
    for at in range(past - 1, first - 1, -1):
        if not is_digit(buffer[at]):
            continue
        digit = np.int64(buffer[at]) - ZERO
        if doubled:
            digit = 2 * digit - 9 if digit > 4 else 2 * digit
        total, doubled = total + digit, not doubled
    return total % 10 == 0


@numba.njit(cache=True, nogil=True)
def _excused(
    buffer: Bytes, first: Index, past: Index, digits: int, start: Index, end: Index, exempt: Offsets,
    arrival: float,
) -> bool:  # fmt: skip
    for k in range(len(exempt)):
        if exempt[k, 0] <= first and past <= exempt[k, 1]:
            return True
    if past - first == digits:
        return _is_recent_time(buffer, first, past, start, end, arrival)
    return _is_in_uuid(buffer, first, past, start, end)


@numba.njit(cache=True, nogil=True)
def _is_recent_time(
    buffer: Bytes, first: Index, past: Index, start: Index, end: Index, arrival: float
) -> bool:
    """Whether a bare integer of JSON is a time within ten years of arrival, in ms, us or ns."""
    before, behind = first - 1, past
    while before > start and buffer[before] == _SPACE:
        before -= 1
    while behind < end and buffer[behind] == _SPACE:
        behind += 1
    if before < start or behind >= end:
        return False
    opens = buffer[before] == COLON or buffer[before] == COMMA or buffer[before] == OPEN_ARRAY
    closes = buffer[behind] == COMMA or buffer[behind] == CLOSE_OBJECT or buffer[behind] == CLOSE_ARRAY
    seconds = 0.0
    for at in range(first, min(first + 10, past)):
        seconds = seconds * 10.0 + (np.int64(buffer[at]) - ZERO)
    return opens and closes and (past - first) % 3 == 1 and abs(seconds - arrival) <= _RECENT_S


@numba.njit(cache=True, nogil=True)
def _is_in_uuid(buffer: Bytes, first: Index, past: Index, start: Index, end: Index) -> bool:
    while first > start and _of_uuid(buffer[first - 1]):
        first -= 1
    while past < end and _of_uuid(buffer[past]):
        past += 1
    if past - first != _UUID_WIDTH:
        return False
    for k in range(_UUID_WIDTH):
        if (buffer[first + k] == MINUS) != (k == 8 or k == 13 or k == 18 or k == 23):
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _of_uuid(byte: Index) -> bool:
    return is_digit(byte) or byte == MINUS or _A <= (byte | _LOWER_CASE) <= _F
