"""Find what may be a full card number, so that it is neither scored nor stored.

Thirteen to nineteen digits that pass the check of Luhn (ISO/IEC 7812-1, annex B), with no further digit
beside them. Digits are those of any script. Written plainly, with at most one space or dash between two
digits and no letter beside them, any such number counts. In other spellings it counts if its first digits
and its length are those of a card: with letters beside it, as in track 1 and 2; with dots, slashes,
underscores, other spaces or up to three separators between digits; with zeros behind a point. Excused are
decimals, UUIDs, hexadecimal ids, and bare integers that are a recent time in milli-, micro- or nanoseconds.

The search takes a bounded number of steps for each byte of any text.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.byte_strings import Bytes, Index, Offsets
from features.card_number_excuses import end_of_uuid, is_in_hexadecimal_id, is_recent_time
from features.card_number_spelling import (
    DECIMALS,
    DIGIT,
    FEWEST,
    LETTER,
    MOST,
    NOTHING,
    before_number,
    behind_number,
    digit_at,
    is_of_a_card,
    may_belong,
    separator_width,
)
from features.compiling import inlined, kernel
from features.json_grammar import MINUS, POINT, SPACE
from features.pointers import Pointer, pointer_to, row_pointer

_NOWHERE = -1
_MOST_SEPARATORS = 3  # between two digits
_B, _CARET, _SMALL = 98, 94, 32
_ESCAPE = rb"\u"


def has_card_number(text: bytes, arrival: float) -> bool:
    """Whether a text may hold a card number; times near `arrival`, seconds since 1970, are excused."""
    found = np.empty(1, np.bool_)
    start, end, times = (np.zeros(1, np.int64), np.array([len(text)]), np.array([arrival]))
    rows_with_card_numbers(
        np.frombuffer(text, np.uint8), start, end, np.empty((1, 0, 2), np.int64), times, found
    )
    return bool(found[0])


def may_hold_card_number(record: bytes, arrival: float) -> bool:
    """Whether a rejected record must be withheld: it has a card number, or characters written as escapes."""
    return _ESCAPE in record or has_card_number(record, arrival)


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
    """Look at runs of digits and separators.

    Only every 13th byte is looked at: a run that is long enough cannot lie between two of them.
    Source of the idea: Boyer, Moore 1977, «A fast string searching algorithm», CACM 20(10).
    """
    floor, at = start, start + FEWEST - 1
    while at < end:
        if not may_belong(text[at]):
            at += FEWEST
            continue
        first, past = at, at + 1
        while first > floor and may_belong(text[first - 1]):
            first -= 1
        while past < end and may_belong(text[past]):
            past += 1
        if past - first >= FEWEST and _is_in_run(text, first, past, start, end, exempt, exempts, arrival):
            return True
        floor, at = past, past + FEWEST
    return False


@kernel
def _is_in_run(
    text: Pointer, first: Index, past: Index, start: Index, end: Index, exempt: Pointer, exempts: Index,
    arrival: float,
) -> bool:  # fmt: skip
    """Try each group of digits in a run as the first of a number, and skip numbers that are excused."""
    at, behind_digit = first, False
    while at < past:
        digit, width = digit_at(text, at, past)
        if digit >= 0 and not behind_digit:
            number_past = _number_past(text, at, past, start, end)
            if number_past != _NOWHERE:
                over = _end_of_excuse(text, at, number_past, start, end, exempt, exempts, arrival)
                if over == _NOWHERE:
                    return True
                at = over
                continue
        at, behind_digit = at + width, bool(digit >= 0)
    return False


@kernel
def _end_of_excuse(
    text: Pointer, first: Index, past: Index, start: Index, end: Index, exempt: Pointer, exempts: Index,
    arrival: float,
) -> Index:  # fmt: skip
    """Where a number of another kind ends that a found one is part of, or _NOWHERE."""
    k = 0
    while k < exempts:
        if exempt[2 * k] <= first and past <= exempt[2 * k + 1]:
            return past
        k += 1
    if is_recent_time(text, first, past, start, end, arrival):
        return past
    if is_in_hexadecimal_id(text, first, past, start, end):
        return past
    return end_of_uuid(text, first, past, start, end)


@kernel
def _number_past(text: Pointer, first: Index, past: Index, start: Index, end: Index) -> Index:
    """Where the number that begins at `first` ends, or _NOWHERE: whole groups with separators between.

    Both sums of Luhn are kept, since the number of digits decides which of them are doubled.
    """
    before = before_number(text, first, start)
    digits, at, leading = 0, first, np.int64(0)
    even, odd = np.int64(0), np.int64(0)  # sums with the digits at even and at odd places doubled
    usual, points, dotted, point_before = True, 0, False, False
    while at < past and digits < MOST:
        digit, width = digit_at(text, at, past)
        if digit < 0:
            group = _next_group(text, at, past)
            if group == _NOWHERE:
                return _NOWHERE
            point = group == at + 1 and text[at] == POINT
            dotted, point_before, points = dotted or (point and point_before), point, points + point
            usual = usual and group == at + 1 and (point or text[at] == SPACE or text[at] == MINUS)
            at = group
            continue
        usual = usual and width == 1
        doubled = 2 * digit - 9 if digit > 4 else 2 * digit
        if digits % 2 == 0:
            even, odd = even + doubled, odd + digit
        else:
            even, odd = even + digit, odd + doubled
        if digits < 4:
            leading = 10 * leading + digit
        digits, at = digits + 1, at + width
        total = even if digits % 2 == 0 else odd
        if digits >= FEWEST and total % 10 == 0 and (points == 0 or dotted):
            behind = behind_number(text, at, end)
            plain = usual and points == 0 and before == NOTHING and behind == NOTHING
            whole = behind != DIGIT and behind != DECIMALS and (dotted or before != DECIMALS)
            if whole and (
                plain or is_of_a_card(leading, digits) or _is_on_track(text, first, at, before, end)
            ):
                return at
    return _NOWHERE


@inlined
def _next_group(text: Pointer, at: Index, past: Index) -> Index:
    """Where the digit behind one to three separators stands, or _NOWHERE."""
    for _ in range(_MOST_SEPARATORS):
        width = separator_width(text, at, past)
        if width == 0:
            return _NOWHERE
        at += width
        if at >= past:
            return _NOWHERE
        digit, _width = digit_at(text, at, past)
        if digit >= 0:
            return at
    return _NOWHERE


@inlined
def _is_on_track(text: Pointer, first: Index, past: Index, before: Index, end: Index) -> bool:
    """Whether it stands as in track 1 of a magnetic stripe: behind the format code B, before a caret."""
    code = before == LETTER and (text[first - 1] | _SMALL) == _B
    return bool(code and past < end and text[past] == _CARET)
