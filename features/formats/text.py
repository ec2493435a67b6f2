"""Write values as the text that JSON has for them, into a buffer that has room.

Each value is followed by a comma, and the text of a record begins with a colon. So a number stands alone for
the search for card numbers, as in JSON.
"""

from __future__ import annotations

import numpy as np

from features.byte_strings import Index
from features.compiling import inlined, kernel
from features.json_grammar import COMMA, MINUS, POINT, QUOTE, ZERO
from features.pointers import Pointer, pointer_to

MOST_DECIMAL_BYTES = 32  # of an unscaled decimal: 77 digits
_MOST_DIGITS = 80
_TEN = np.uint64(10)
_NEGATIVE = 0x80  # the sign's bit in the most significant byte
_WIDTH_OF_UUID = 16
_T, _R, _U, _E, _F, _A, _L, _S, _N = 116, 114, 117, 101, 102, 97, 108, 115, 78
_OPEN, _CLOSE = 91, 93
_WHOLE = 1e18  # larger whole float64 have 19 digits or more and are no card numbers
_FIVE = 53


@inlined
def put_comma(text: Pointer, to: Index) -> Index:
    text[to] = COMMA
    return to + 1


@inlined
def put_unsigned(text: Pointer, to: Index, value: np.uint64) -> Index:
    """Write a uint64 in decimal digits; return the position behind it."""
    width = 1
    rest = value // _TEN
    while rest > np.uint64(0):
        width += 1
        rest = rest // _TEN
    for k in range(width):
        text[to + width - 1 - k] = ZERO + np.int64(value % _TEN)
        value = value // _TEN
    return to + width


@inlined
def put_integer(text: Pointer, to: Index, value: np.int64) -> Index:
    """Write an int64 in decimal digits; return the position behind it."""
    left = np.uint64(value)
    if value < 0:
        text[to] = MINUS
        to += 1
        left = np.uint64(0) - left
    return put_unsigned(text, to, left)


@inlined
def put_real(text: Pointer, to: Index, value: float) -> Index:
    """Write a whole number with its digits, another one as 0.5: only digits that may be a card's count."""
    if np.isnan(value):
        text[to], text[to + 1], text[to + 2] = _N, 97, _N
        return to + 3
    if value == np.floor(value) and abs(value) < _WHOLE:
        to = put_integer(text, to, np.int64(value))
        text[to], text[to + 1] = POINT, ZERO
        return to + 2
    text[to], text[to + 1], text[to + 2] = ZERO, POINT, _FIVE
    return to + 3


@inlined
def put_truth(text: Pointer, to: Index, value: Index) -> Index:
    if value:
        text[to], text[to + 1], text[to + 2], text[to + 3] = _T, _R, _U, _E
        return to + 4
    text[to], text[to + 1], text[to + 2], text[to + 3], text[to + 4] = _F, _A, _L, _S, _E
    return to + 5


@inlined
def put_list(text: Pointer, to: Index) -> Index:
    """Write an empty list, for a value that is neither text nor number."""
    text[to], text[to + 1] = _OPEN, _CLOSE
    return to + 2


@inlined
def put_string(text: Pointer, to: Index, source: Pointer, start: Index, end: Index) -> Index:
    """Copy bytes, in quotes and without escapes."""
    text[to] = QUOTE
    to += 1
    for at in range(start, end):
        text[to + at - start] = source[at]
    to += end - start
    text[to] = QUOTE
    return to + 1


@kernel
def put_uuid(text: Pointer, to: Index, source: Pointer, at: Index) -> Index:
    """Write sixteen bytes as a UUID, in quotes."""
    text[to] = QUOTE
    to += 1
    for k in range(_WIDTH_OF_UUID):
        if k == 4 or k == 6 or k == 8 or k == 10:
            text[to] = MINUS
            to += 1
        for half in range(2):
            digit = np.int64(source[at + k]) >> 4 if half == 0 else np.int64(source[at + k]) & 15
            text[to] = ZERO + digit if digit < 10 else 97 + digit - 10
            to += 1
    text[to] = QUOTE
    return to + 1


@kernel
def put_decimal(
    text: Pointer, to: Index, source: Pointer, at: Index, width: Index, scale: Index, whole_only: bool
) -> Index:
    """Write an unscaled two's complement number of up to `MOST_DECIMAL_BYTES`, divided by 10**scale.

    Args:
        text: buffer to write to.
        to: where.
        source: buffer of the record.
        at: the most significant byte.
        width: number of bytes, 0 or more.
        scale: digits behind the point, 0 or more.
        whole_only: write nothing where digits behind the point are not zero, and leave out zeros.

    Returns:
        The position behind the text.
    """
    digits = np.zeros(_MOST_DIGITS, np.uint8)
    count = _decimal_digits(source, at, width, pointer_to(digits))
    if whole_only:
        for k in range(min(scale, count)):
            if digits[k] != 0:
                return to
    if count > 0 and source[at] >= _NEGATIVE:
        text[to] = MINUS
        to += 1
    lowest = scale if whole_only else np.int64(0)
    for k in range(max(count, scale + 1) - 1, lowest - 1, -1):
        if k == scale - 1:
            text[to] = POINT
            to += 1
        text[to] = ZERO + (np.int64(digits[k]) if k < count else 0)
        to += 1
    return to


@inlined
def _decimal_digits(source: Pointer, at: Index, width: Index, digits: Pointer) -> Index:
    """Write the digits of a two's complement number, the last one first; return how many there are."""
    magnitude = np.zeros(MOST_DECIMAL_BYTES, np.uint8)
    negative, carry = width > 0 and source[at] >= _NEGATIVE, np.int64(1)
    for k in range(width - 1, -1, -1):
        byte = np.int64(source[at + k])
        if negative:
            byte = (byte ^ 0xFF) + carry
            carry = byte >> 8
        magnitude[k] = byte & 0xFF
    count, first = np.int64(0), np.int64(0)
    while first < width:
        if magnitude[first] == 0:
            first += 1
            continue
        rest = np.int64(0)
        for k in range(first, width):
            rest = rest << 8 | np.int64(magnitude[k])
            magnitude[k], rest = rest // 10, rest % 10
        digits[count] = rest
        count += 1
    return count
