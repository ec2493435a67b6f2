"""Walking over JSON strings, eight bytes at a time."""

from __future__ import annotations

import numpy as np

from features.byte_strings import Index
from features.compiling import inlined, kernel
from features.pointers import Pointer, word_at

BAD = -1
QUOTE, BACKSLASH, FIRST_PRINTABLE = 34, 92, 32

_PLAIN = np.zeros(256, np.bool_)  # bytes without a special meaning
_PLAIN[FIRST_PRINTABLE:128] = True
_PLAIN[[QUOTE, BACKSLASH]] = False

_NONE, _ONE = np.uint64(0), np.uint64(1)
_ONES = np.uint64(0x0101010101010101)
_TOPS = np.uint64(0x8080808080808080)
_QUOTES = np.uint64(QUOTE * int(_ONES))
_BACKSLASHES = np.uint64(BACKSLASH * int(_ONES))
_FIRST_PRINTABLES = np.uint64(FIRST_PRINTABLE * int(_ONES))


@inlined
def skip_string(text: Pointer, at: Index, end: Index) -> Index:
    """From behind the opening quote to behind the closing one; BAD on escapes, controls and bad UTF-8."""
    while True:
        at = _skip_plain(text, at, end)
        if at >= end:
            return BAD
        if text[at] == QUOTE:
            return at + 1
        width = _character_width(text, at, end)
        if width == 0:
            return BAD
        at += width


@inlined
def is_printable(text: Pointer, at: Index, end: Index) -> bool:
    """Whether the bytes are UTF-8 without control characters."""
    while at < end:
        if text[at] < FIRST_PRINTABLE:
            return False
        width = 1 if text[at] < 0x80 else _character_width(text, at, end)
        if width == 0:
            return False
        at += width
    return True


@inlined
def _skip_plain(text: Pointer, at: Index, end: Index) -> Index:
    while at + 8 <= end:
        special = _special_bytes(word_at(text, at))
        if special != _NONE:
            return at + _lowest_byte(special)
        at += 8
    while at < end and _PLAIN[text[at]]:
        at += 1
    return at


@inlined
def _special_bytes(word: np.uint64) -> np.uint64:
    """The top bit of each byte that is not plain. The lowest one is exact, borrows may set others above it.

    Source: Anderson, «Bit twiddling hacks», determine if a word has a byte less than n.
    """
    quote, backslash = word ^ _QUOTES, word ^ _BACKSLASHES
    below = (quote - _ONES) & ~quote | (backslash - _ONES) & ~backslash | (word - _FIRST_PRINTABLES) & ~word
    return (below | word) & _TOPS


@inlined
def _lowest_byte(tops: np.uint64) -> np.int64:
    """The number of the lowest byte whose top bit is set: a product sums a one for each byte up to it."""
    lowest = tops & (~tops + _ONE)
    return np.int64((((lowest - _ONE) & _ONES) * _ONES) >> np.uint64(56)) - 1


@kernel
def _character_width(text: Pointer, at: Index, end: Index) -> int:
    """Bytes of the character beyond ASCII at `at`, 0 if there is none. Source: Unicode 15, table 3-7."""
    lead = text[at]
    if lead < 0xC2 or lead > 0xF4:
        return 0
    width = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if at + width > end:
        return 0
    lowest = 0xA0 if lead == 0xE0 else 0x90 if lead == 0xF0 else 0x80
    highest = 0x9F if lead == 0xED else 0x8F if lead == 0xF4 else 0xBF
    if not lowest <= text[at + 1] <= highest:
        return 0
    for k in range(2, width):
        if text[at + k] & 0xC0 != 0x80:
            return 0
    return width
