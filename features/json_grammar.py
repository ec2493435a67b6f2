"""Find where JSON values begin and end, and check that they are well formed.

These kernels return BAD for everything unusual (escapes, exponents, very long numbers, deep nesting) or
wrong, and the caller then uses a full parser. They may refuse good JSON, and never accept bad JSON. A
position is that of the next byte to read; `end` is past the last one.
"""

from __future__ import annotations

import numpy as np

from features.byte_strings import Index
from features.compiling import inlined, kernel
from features.json_strings import BAD as BAD
from features.json_strings import QUOTE as QUOTE
from features.json_strings import skip_string
from features.pointers import Pointer

COLON, COMMA, MINUS, POINT, SPACE = 58, 44, 45, 46, 32
OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY = 123, 125, 91, 93
ZERO, NINE = 48, 57

_TAB, _LINE_FEED, _RETURN = 9, 10, 13
_E, _SMALL = 101, 32  # the letter e, and the bit that makes a letter small
_LONGEST_NUMBER = 40  # bytes: beyond, its value may be out of range
_DEEPEST = 60  # nested objects and arrays: as many as an int64 has bits to spare
_TRUE, _FALS, _NULL = (np.uint32(int.from_bytes(word, "little")) for word in (b"true", b"fals", b"null"))


@inlined
def is_digit(byte: Index) -> bool:
    """Whether the byte is one of 0 to 9."""
    return bool(ZERO <= byte <= NINE)


@inlined
def skip_space(text: Pointer, at: Index, end: Index) -> Index:
    """To the first byte that is not white space, or to `end`."""
    while at < end and (
        text[at] == SPACE or text[at] == _LINE_FEED or text[at] == _TAB or text[at] == _RETURN
    ):
        at += 1
    return at


@inlined
def _skip_digits(text: Pointer, at: Index, end: Index) -> Index:
    while at < end and is_digit(text[at]):
        at += 1
    return at


@inlined
def skip_number(text: Pointer, at: Index, end: Index) -> Index:
    """From the first byte of a number to behind its last; BAD on leading zeros, exponents, length."""
    first = at
    if text[at] == MINUS:
        at += 1
    whole = at
    at = _skip_digits(text, at, end)
    if at == whole or (text[whole] == ZERO and at > whole + 1):
        return BAD
    if at < end and text[at] == POINT:
        fraction = at + 1
        at = _skip_digits(text, fraction, end)
        if at == fraction:
            return BAD
    if at < end and text[at] | _SMALL == _E:
        return BAD
    return at if at - first <= _LONGEST_NUMBER else BAD


@kernel
def _skip_word(text: Pointer, at: Index, end: Index) -> Index:
    """Over true, false or null."""
    if at + 4 > end:
        return BAD
    word = np.uint32(0)
    for k in range(4):
        word |= np.uint32(text[at + k]) << np.uint32(8 * k)
    if word in (_TRUE, _NULL):
        return at + 4
    if word == _FALS and at + 5 <= end and text[at + 4] == _E:
        return at + 5
    return BAD


@inlined
def _skip_scalar(text: Pointer, at: Index, end: Index) -> Index:
    if text[at] == QUOTE:
        return skip_string(text, at + 1, end)
    if text[at] == MINUS or is_digit(text[at]):
        return skip_number(text, at, end)
    return _skip_word(text, at, end)


@inlined
def skip_name(text: Pointer, at: Index, end: Index) -> Index:
    """From the opening quote of a member's name to behind its closing quote, or BAD."""
    if at >= end or text[at] != QUOTE:
        return BAD
    return skip_string(text, at + 1, end)


@inlined
def skip_colon(text: Pointer, at: Index, end: Index) -> Index:
    """From behind a member's name to the first byte of its value, or BAD."""
    at = skip_space(text, at, end)
    if at >= end or text[at] != COLON:
        return BAD
    return skip_space(text, at + 1, end)


@inlined
def skip_value(text: Pointer, at: Index, end: Index) -> Index:
    """From the first byte of any value to behind its last, or BAD."""
    if at >= end:
        return BAD
    if text[at] == OPEN_OBJECT or text[at] == OPEN_ARRAY:
        return _skip_nested(text, at, end)
    return _skip_scalar(text, at, end)


@kernel
def _skip_nested(text: Pointer, at: Index, end: Index) -> Index:
    """From an opening bracket to behind the one that closes it.

    `kinds` is a stack of bits, 1 for an object; the lowest bit is the innermost bracket that is open.
    """
    depth: Index = 0
    kinds: Index = 0
    while at < end:
        byte = np.int64(text[at])
        if byte in (OPEN_OBJECT, OPEN_ARRAY):
            depth, kinds = depth + 1, kinds << 1 | np.int64(byte == OPEN_OBJECT)
            at = skip_space(text, at + 1, end)
            if depth > _DEEPEST or at >= end:
                return BAD
            if text[at] != byte + 2:  # in ASCII a bracket is closed by the second character after it
                at = _to_value(text, at, end, kinds)
                continue
        else:
            at = _skip_scalar(text, at, end)
        at, depth, kinds = _to_next_value(text, at, end, depth, kinds)
        if at == BAD or depth == 0:
            return at
    return BAD


@inlined
def _to_value(text: Pointer, at: Index, end: Index, kinds: Index) -> Index:
    """To the first byte of the next value, in an object past a name and its colon; `end` if there is none."""
    if kinds & 1:
        at = skip_name(text, at, end)
        if at != BAD:
            at = skip_colon(text, at, end)
    return at if at != BAD else end


@inlined
def _to_next_value(
    text: Pointer, at: Index, end: Index, depth: Index, kinds: Index
) -> tuple[Index, Index, Index]:
    """From behind a value: close what closes, then over a comma to the next value. Depth 0: all is closed."""
    while at != BAD and depth > 0:
        at = skip_space(text, at, end)
        if at >= end:
            return BAD, depth, kinds
        if text[at] == COMMA:
            return (_to_value(text, skip_space(text, at + 1, end), end, kinds), depth, kinds)
        if text[at] != (CLOSE_OBJECT if kinds & 1 else CLOSE_ARRAY):
            return BAD, depth, kinds
        at, depth, kinds = at + 1, depth - 1, kinds >> 1
    return at, depth, kinds
