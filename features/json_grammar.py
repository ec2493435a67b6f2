"""Walking over raw JSON: where each value begins and ends, and that it is well formed.

These kernels accept only what they are sure of. Whatever is unusual (escapes, exponents, very long numbers, deep
nesting) or wrong gives BAD, and the caller asks a full parser; so they may refuse good JSON, never accept bad.
A position is that of the next byte to read; `end` is past the last one.
"""

from __future__ import annotations

import numba
import numpy as np

from features.spans import Bytes, Index

BAD = -1
QUOTE, BACKSLASH, COLON, COMMA, MINUS, POINT = 34, 92, 58, 44, 45, 46
OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY = 123, 125, 91, 93
ZERO, NINE = 48, 57

_FIRST_PRINTABLE = 32
_FIRST_BEYOND_ASCII = 128
_LONGEST_NUMBER = 40  # bytes: beyond, its value may be out of range
_DEEPEST = 60  # nested objects and arrays that fit the bits of an int64
_TRUE = np.frombuffer(b"true", np.uint8)
_FALSE = np.frombuffer(b"false", np.uint8)
_NULL = np.frombuffer(b"null", np.uint8)


@numba.njit(cache=True, nogil=True)
def is_digit(byte: Index) -> bool:
    """Whether the byte is one of 0 to 9."""
    return ZERO <= byte <= NINE


@numba.njit(cache=True, nogil=True)
def skip_space(buffer: Bytes, at: Index, end: Index) -> Index:
    """The first position from `at` on that holds no white space, or `end`."""
    while at < end and (buffer[at] == 32 or 9 <= buffer[at] <= 10 or buffer[at] == 13):
        at += 1
    return at


@numba.njit(cache=True, nogil=True)
def skip_string(buffer: Bytes, at: Index, end: Index) -> Index:
    """From behind the opening quote to behind the closing one; BAD on escapes, control bytes and bad UTF-8."""
    while at < end:
        byte = buffer[at]
        if byte == QUOTE:
            return at + 1
        if byte == BACKSLASH or byte < _FIRST_PRINTABLE:
            return BAD
        if byte < _FIRST_BEYOND_ASCII:
            at += 1
            continue
        width = _character_width(buffer, at, end)
        if width == 0:
            return BAD
        at += width
    return BAD


@numba.njit(cache=True, nogil=True)
def _character_width(buffer: Bytes, at: Index, end: Index) -> int:
    """Bytes of the character beyond ASCII at `at`, 0 if it is not UTF-8. Source: Unicode 15, table 3-7."""
    lead = buffer[at]
    if lead < 0xC2 or lead > 0xF4:
        return 0
    width = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if at + width > end:
        return 0
    lowest = 0xA0 if lead == 0xE0 else 0x90 if lead == 0xF0 else 0x80
    highest = 0x9F if lead == 0xED else 0x8F if lead == 0xF4 else 0xBF
    if not lowest <= buffer[at + 1] <= highest:
        return 0
    for k in range(2, width):
        if buffer[at + k] & 0xC0 != 0x80:
            return 0
    return width


@numba.njit(cache=True, nogil=True)
def _skip_digits(buffer: Bytes, at: Index, end: Index) -> Index:
    while at < end and is_digit(buffer[at]):
        at += 1
    return at


@numba.njit(cache=True, nogil=True)
def skip_number(buffer: Bytes, at: Index, end: Index) -> Index:
    """From the first byte of a number to behind its last; BAD on leading zeros, exponents and great length."""
    first = at
    if at < end and buffer[at] == MINUS:
        at += 1
    whole = at
    at = _skip_digits(buffer, at, end)
    if at == whole or (buffer[whole] == ZERO and at > whole + 1):
        return BAD
    if at < end and buffer[at] == POINT:
        fraction = at + 1
        at = _skip_digits(buffer, fraction, end)
        if at == fraction:
            return BAD
    if at < end and (buffer[at] | 32) == 101:  # e or E
        return BAD
    return at if at - first <= _LONGEST_NUMBER else BAD


@numba.njit(cache=True, nogil=True)
def _skip_word(buffer: Bytes, at: Index, end: Index, word: Bytes) -> Index:
    if at + len(word) > end:
        return BAD
    for k in range(len(word)):
        if buffer[at + k] != word[k]:
            return BAD
    return at + len(word)


@numba.njit(cache=True, nogil=True)
def _skip_scalar(buffer: Bytes, at: Index, end: Index) -> Index:
    byte = buffer[at]
    if byte == QUOTE:
        return skip_string(buffer, at + 1, end)
    if byte == MINUS or is_digit(byte):
        return skip_number(buffer, at, end)
    if byte == _TRUE[0]:
        return _skip_word(buffer, at, end, _TRUE)
    if byte == _FALSE[0]:
        return _skip_word(buffer, at, end, _FALSE)
    return _skip_word(buffer, at, end, _NULL)


@numba.njit(cache=True, nogil=True)
def skip_name(buffer: Bytes, at: Index, end: Index) -> Index:
    """From the opening quote of a member's name to behind its closing quote, or BAD."""
    if at >= end or buffer[at] != QUOTE:
        return BAD
    return skip_string(buffer, at + 1, end)


@numba.njit(cache=True, nogil=True)
def skip_colon(buffer: Bytes, at: Index, end: Index) -> Index:
    """From behind a member's name to the first byte of its value, or BAD."""
    at = skip_space(buffer, at, end)
    if at >= end or buffer[at] != COLON:
        return BAD
    return skip_space(buffer, at + 1, end)


@numba.njit(cache=True, nogil=True)
def skip_value(buffer: Bytes, at: Index, end: Index) -> Index:
    """From the first byte of any value to behind its last, or BAD."""
    if at >= end:
        return BAD
    if buffer[at] == OPEN_OBJECT or buffer[at] == OPEN_ARRAY:
        return _skip_nested(buffer, at, end)
    return _skip_scalar(buffer, at, end)


@numba.njit(cache=True, nogil=True)
def _skip_nested(buffer: Bytes, at: Index, end: Index) -> Index:
    """From an opening bracket to behind the one that closes it.

    `kinds` is a stack of bits, 1 for an object; the lowest bit is the innermost bracket that is open.
    """
    depth, kinds = 0, 0
    while at < end:
        byte = np.int64(buffer[at])
        if byte == OPEN_OBJECT or byte == OPEN_ARRAY:
            depth, kinds = depth + 1, kinds << 1 | np.int64(byte == OPEN_OBJECT)
            at = skip_space(buffer, at + 1, end)
            if depth > _DEEPEST or at >= end:
                return BAD
            if buffer[at] != byte + 2:  # in ASCII a bracket is closed by the second character after it
                at = _to_value(buffer, at, end, kinds)
                continue
        else:
            at = _skip_scalar(buffer, at, end)
        at, depth, kinds = _to_next_value(buffer, at, end, depth, kinds)
        if at == BAD or depth == 0:
            return at
    return BAD


@numba.njit(cache=True, nogil=True)
def _to_value(buffer: Bytes, at: Index, end: Index, kinds: int) -> Index:
    """To the first byte of the next value: in an object, past a name and its colon. `end` if there is none."""
    if kinds & 1:
        at = skip_name(buffer, at, end)
        if at != BAD:
            at = skip_colon(buffer, at, end)
    return at if at != BAD else end


@numba.njit(cache=True, nogil=True)
def _to_next_value(
    buffer: Bytes, at: Index, end: Index, depth: int, kinds: int
) -> tuple[Index, int, int]:  # fmt: skip
    """From behind a value: close what closes, then over a comma to the next value. Depth 0: all is closed."""
    while at != BAD and depth > 0:
        at = skip_space(buffer, at, end)
        if at >= end:
            return BAD, depth, kinds
        if buffer[at] == COMMA:
            return _to_value(buffer, skip_space(buffer, at + 1, end), end, kinds), depth, kinds
        if buffer[at] != (CLOSE_OBJECT if kinds & 1 else CLOSE_ARRAY):
            return BAD, depth, kinds
        at, depth, kinds = at + 1, depth - 1, kinds >> 1
    return at, depth, kinds
