"""Recognise long numbers that are not card numbers, although they pass the Luhn check."""

from __future__ import annotations

import numpy as np

from features.byte_strings import Index
from features.compiling import inlined, kernel
from features.json_grammar import (
    CLOSE_ARRAY,
    CLOSE_OBJECT,
    COLON,
    COMMA,
    MINUS,
    OPEN_ARRAY,
    SPACE,
    ZERO,
    is_digit,
)
from features.pointers import Pointer

_SMALL, _A, _F = 32, 97, 102
_UUID_WIDTH = 36
_WHOLE_SECONDS = 10  # digits of a time in seconds, until the year 2286
_RECENT_S = 10 * 365.25 * 86_400.0


@kernel
def is_recent_time(
    text: Pointer, first: Index, past: Index, start: Index, end: Index, arrival: float
) -> bool:
    """Whether it is a bare integer of JSON, and a time within ten years of arrival, in ms, us or ns."""
    seconds = 0.0
    for at in range(first, first + _WHOLE_SECONDS):
        if not is_digit(text[at]):
            return False
        seconds = seconds * 10.0 + (np.int64(text[at]) - ZERO)
    before, behind = first - 1, past
    while before > start and text[before] == SPACE:
        before -= 1
    while behind < end - 1 and text[behind] == SPACE:
        behind += 1
    if before < start or behind >= end or (past - first - _WHOLE_SECONDS) % 3 != 0:
        return False
    opens = text[before] == COLON or text[before] == COMMA or text[before] == OPEN_ARRAY
    closes = text[behind] == COMMA or text[behind] == CLOSE_OBJECT or text[behind] == CLOSE_ARRAY
    return opens and closes and abs(seconds - arrival) <= _RECENT_S


@kernel
def is_in_uuid(text: Pointer, first: Index, past: Index, start: Index, end: Index) -> bool:
    """Whether it is part of 8-4-4-4-12 hexadecimal digits."""
    while first > start and _may_be_in_uuid(text[first - 1]):
        first -= 1
    while past < end and _may_be_in_uuid(text[past]):
        past += 1
    if past - first != _UUID_WIDTH:
        return False
    for k in range(_UUID_WIDTH):
        dash = k == 8 or k == 13 or k == 18 or k == 23
        if (text[first + k] == MINUS) != dash:
            return False
    return True


@inlined
def _may_be_in_uuid(byte: Index) -> bool:
    return is_digit(byte) or byte == MINUS or bool(_A <= (byte | _SMALL) <= _F)
