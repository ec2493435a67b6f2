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

_SMALL, _A, _F, _Z = 32, 97, 102, 122
_LONGEST_ID = (
    64  # hexadecimal digits of a SHA-256; 24, 32 and 40 are those of an object id, an MD5 and a SHA-1
)
_UUID_WIDTH = 36
_WHOLE_SECONDS = 10  # digits of a time in seconds, until the year 2286
_MOST_SPACES = 64  # beside a time; with a limit, the search stays linear
_RECENT_S = 10 * 365.25 * 86_400.0


@kernel
def is_recent_time(
    text: Pointer, first: Index, past: Index, start: Index, end: Index, arrival: float
) -> bool:
    """Whether it is a bare integer of JSON, and a time within ten years of arrival, in ms, us or ns."""
    seconds = 0.0
    for at in range(first, past):
        if not is_digit(text[at]):
            return False
    for at in range(first, first + _WHOLE_SECONDS):
        seconds = seconds * 10.0 + (np.int64(text[at]) - ZERO)
    before, behind = first - 1, past
    while before > start and text[before] == SPACE and first - before < _MOST_SPACES:
        before -= 1
    while behind < end - 1 and text[behind] == SPACE and behind - past < _MOST_SPACES:
        behind += 1
    if before < start or behind >= end or (past - first - _WHOLE_SECONDS) % 3 != 0:
        return False
    opens = text[before] == COLON or text[before] == COMMA or text[before] == OPEN_ARRAY
    closes = text[behind] == COMMA or text[behind] == CLOSE_OBJECT or text[behind] == CLOSE_ARRAY
    return opens and closes and abs(seconds - arrival) <= _RECENT_S


@kernel
def end_of_uuid(text: Pointer, first: Index, past: Index, start: Index, end: Index) -> Index:
    """Where 8-4-4-4-12 hexadecimal digits end that the number is part of, or -1."""
    begin = max(start, past - _UUID_WIDTH)
    while begin <= first and begin + _UUID_WIDTH <= end:
        behind = begin + _UUID_WIDTH
        alone = (begin == start or not _is_letter_or_digit(text[begin - 1])) and (
            behind == end or not _is_letter_or_digit(text[behind])
        )
        if alone and _is_uuid(text, begin):
            return behind
        begin += 1
    return -1


@kernel
def _is_uuid(text: Pointer, begin: Index) -> bool:
    for k in range(_UUID_WIDTH):
        dash = k == 8 or k == 13 or k == 18 or k == 23
        if dash != (text[begin + k] == MINUS) or not (dash or _is_hexadecimal(text[begin + k])):
            return False
    return True


@kernel
def is_in_hexadecimal_id(text: Pointer, first: Index, past: Index, start: Index, end: Index) -> bool:
    """Whether the number is part of as many hexadecimal digits as ids and hashes have."""
    reach = _LONGEST_ID + 1
    floor, ceiling = max(start, first - reach), min(end, past + reach)
    while first > floor and _is_hexadecimal(text[first - 1]):
        first -= 1
    while past < ceiling and _is_hexadecimal(text[past]):
        past += 1
    alone = (first == start or not _is_letter_or_digit(text[first - 1])) and (
        past == end or not _is_letter_or_digit(text[past])
    )
    width = past - first
    if not alone or not (width == 24 or width == 32 or width == 40 or width == _LONGEST_ID):
        return False
    others = 0
    for at in range(first, past):
        others += 0 if _is_hexadecimal(text[at]) else 1
    return bool(others == 0)


@inlined
def _is_hexadecimal(byte: Index) -> bool:
    return bool(is_digit(byte) or _A <= (byte | _SMALL) <= _F)


@inlined
def _is_letter_or_digit(byte: Index) -> bool:
    return bool(is_digit(byte) or _A <= (byte | _SMALL) <= _Z)
