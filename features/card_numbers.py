"""Find what may be a full card number, so that it is neither scored nor stored.

Thirteen to nineteen digits that pass the check of Luhn (ISO/IEC 7812-1, annex B), with at most one space
or dash between two of them, and no letter or further digit beside them. Excused are decimals, UUIDs, and
bare integers that are a recent time in milli-, micro- or nanoseconds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.byte_strings import Bytes, Index, Offsets
from features.card_number_excuses import is_in_uuid, is_recent_time
from features.compiling import inlined, kernel
from features.json_grammar import MINUS, POINT, SPACE, ZERO, is_digit
from features.pointers import Pointer, pointer_to, row_pointer

_FEWEST, _MOST = 13, 19  # digits
_NOWHERE = -1
_SMALL, _A, _Z = 32, 97, 122
_ESCAPED_DIGIT = rb"\u003"


def has_card_number(text: bytes, arrival: float) -> bool:
    """Whether a text may hold a card number; times near `arrival`, seconds since 1970, are excused."""
    found = np.empty(1, np.bool_)
    start, end, times = (np.zeros(1, np.int64), np.array([len(text)]), np.array([arrival]))
    rows_with_card_numbers(
        np.frombuffer(text, np.uint8), start, end, np.empty((1, 0, 2), np.int64), times, found
    )
    return bool(found[0])


def may_hold_card_number(record: bytes, arrival: float) -> bool:
    """Whether a rejected record must be withheld: it has a card number, or digits written as escapes."""
    return _ESCAPED_DIGIT in record or has_card_number(record, arrival)


@kernel
def rows_with_card_numbers(
    buffer: Bytes, start: Offsets, end: Offsets, exempt: Offsets, arrival: npt.NDArray[np.float64],
    found: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    """Write to `found` whether record i may hold a card number outside its `exempt` values.

    exempt: int64 (n, e, 2), start and end of e values that are numbers of another kind; -1 for none.
    """
    text = pointer_to(buffer)
    for i in range(len(start)):
        found[i] = _holds_one(text, start[i], end[i], row_pointer(exempt, i), exempt.shape[1], arrival[i])


@inlined
def _holds_one(
    text: Pointer, start: Index, end: Index, exempt: Pointer, exempts: Index, arrival: float
) -> bool:
    first, past = _next_number(text, start, start, end)
    while first != _NOWHERE:
        if not (
            _is_exempt(first, past, exempt, exempts)
            or is_recent_time(text, first, past, start, end, arrival)
            or is_in_uuid(text, first, past, start, end)
        ):
            return True
        first, past = _next_number(text, first + 1, start, end)
    return False


@inlined
def _next_number(text: Pointer, floor: Index, start: Index, end: Index) -> tuple[Index, Index]:
    """Where the first number from `floor` on begins and ends, or _NOWHERE.

    Only every 13th byte is looked at: a run that is long enough cannot lie between two of them.
    Source of the idea: Boyer, Moore 1977, «A fast string searching algorithm», CACM 20(10).
    """
    at = floor + _FEWEST - 1
    while at < end:
        if not _may_belong(text[at]):
            at += _FEWEST
            continue
        first, past = at, at + 1
        while first > floor and _may_belong(text[first - 1]):
            first -= 1
        while past < end and _may_belong(text[past]):
            past += 1
        if past - first >= _FEWEST:
            first, number_past = _number_in_run(text, first, past, start, end)
            if first != _NOWHERE:
                return first, number_past
        floor, at = past, past + _FEWEST
    return _NOWHERE, _NOWHERE


@inlined
def _may_belong(byte: Index) -> bool:
    return is_digit(byte) or byte in (MINUS, SPACE)


@kernel
def _number_in_run(text: Pointer, first: Index, past: Index, start: Index, end: Index) -> tuple[Index, Index]:
    """Try each group of digits in a run of digits, spaces and dashes as the first of a number."""
    for at in range(first, past):
        if is_digit(text[at]) and not _joined_before(text, at, start):
            number_past = _number_past(text, at, past, end)
            if number_past != _NOWHERE:
                return at, number_past
    return _NOWHERE, _NOWHERE


@kernel
def _number_past(text: Pointer, first: Index, past: Index, end: Index) -> Index:
    """Where the number that begins at `first` ends: whole groups, one separator between them. Or _NOWHERE."""
    digits, at = 0, first
    while at < past and digits < _MOST:
        if not is_digit(text[at]):
            at += 1
            if at == past or not is_digit(text[at]):
                return _NOWHERE
        digits, at = digits + 1, at + 1
        if digits >= _FEWEST and not _joined_after(text, at, end) and _passes_luhn(text, first, at):
            return at
    return _NOWHERE


@inlined
def _is_letter(byte: Index) -> bool:
    return bool(_A <= (byte | _SMALL) <= _Z)


@inlined
def _joined_before(text: Pointer, at: Index, start: Index) -> bool:
    """Whether a digit, a letter or the whole part of a decimal stands directly before."""
    if at == start:
        return False
    before = text[at - 1]
    decimal = before == POINT and at - 2 >= start and is_digit(text[at - 2])
    return bool(is_digit(before) or _is_letter(before) or decimal)


@inlined
def _joined_after(text: Pointer, at: Index, end: Index) -> bool:
    """Whether a digit, a letter or the decimals of a number stand directly behind."""
    if at >= end:
        return False
    decimal = text[at] == POINT and at + 1 < end and is_digit(text[at + 1])
    return bool(is_digit(text[at]) or _is_letter(text[at]) or decimal)


@kernel
def _passes_luhn(text: Pointer, first: Index, past: Index) -> bool:
    total, doubled = np.int64(0), False
    for at in range(past - 1, first - 1, -1):
        if is_digit(text[at]):
            digit = np.int64(text[at]) - ZERO
            if doubled:
                digit = 2 * digit - 9 if digit > 4 else 2 * digit
            total, doubled = total + digit, not doubled
    return bool(total % 10 == 0)


@inlined
def _is_exempt(first: Index, past: Index, exempt: Pointer, exempts: Index) -> bool:
    k = 0
    while k < exempts and not (exempt[2 * k] <= first and past <= exempt[2 * k + 1]):
        k += 1
    return bool(k < exempts)
