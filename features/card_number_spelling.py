"""How card numbers are written: digits of any script, separators, and what stands beside a number.

Positions are those of bytes of UTF-8.
"""

from __future__ import annotations

import sys
import unicodedata

import numpy as np

from features.byte_strings import Index
from features.compiling import inlined, kernel
from features.json_grammar import POINT, ZERO, is_digit
from features.pointers import Pointer

FEWEST, MOST = 13, 19  # digits of a card number
NOTHING, LETTER, DECIMALS, ZERO_DECIMALS, DIGIT = 0, 1, 2, 3, 4
"""What stands directly before or behind a number."""

_SMALL, _A, _Z = 32, 97, 122
_BEYOND_ASCII = 0x80
_LONGEST_ZEROS = 20
_ZEROS = np.array(
    [code for code in range(_BEYOND_ASCII, sys.maxunicode) if unicodedata.decimal(chr(code), None) == 0],
    np.int64,
)
"""The zeros of all other scripts, full-width and mathematical ones too; 1 to 9 follow each of them."""
_SEPARATORS = np.array(
    [
        0xA0, 0xAD, 0xB7, *range(0x2000, 0x2016), 0x2022, 0x2024, 0x2027, 0x202F, 0x205F, 0x2060, 0x2212,
        0x3000, 0x30FB, 0xFEFF, 0xFF0D, 0xFF0E, 0xFF0F, 0xFF3F, 0xFF65,
    ],
    np.int64,
)  # fmt: skip
"""Spaces that break or not, joiners, dashes, dots, slashes and underscores beyond ASCII."""


_MAY_BELONG = np.array(
    [chr(byte) in "0123456789 -./_+~*" or byte >= _BEYOND_ASCII for byte in range(256)], np.bool_
)


@inlined
def may_belong(byte: Index) -> bool:
    """Whether a byte may be part of a number: a digit, a separator, or part of a character beyond ASCII."""
    return bool(_MAY_BELONG[byte])


@inlined
def digit_at(text: Pointer, at: Index, past: Index) -> tuple[Index, Index]:
    """The digit at a position, or -1 where there is none, and the bytes to go on by."""
    if text[at] < _BEYOND_ASCII:
        return (np.int64(text[at]) - ZERO if is_digit(text[at]) else -1), 1
    return _foreign_digit_at(text, at, past)


@kernel
def _foreign_digit_at(text: Pointer, at: Index, past: Index) -> tuple[Index, Index]:
    code, width = _code_at(text, at, past)
    if code < 0:
        return -1, 1
    k = np.searchsorted(_ZEROS, code, side="right") - 1
    digit = code - _ZEROS[k] if k >= 0 else np.int64(10)
    return (digit if digit < 10 else -1), width


@kernel
def separator_width(text: Pointer, at: Index, past: Index) -> Index:
    """The bytes of the separator at a position; 0 where there is none."""
    if text[at] < _BEYOND_ASCII:
        return 1 if may_belong(text[at]) and not is_digit(text[at]) else 0
    code, width = _code_at(text, at, past)
    k = np.searchsorted(_SEPARATORS, code)
    return width if k < len(_SEPARATORS) and _SEPARATORS[k] == code else 0


@inlined
def _code_at(text: Pointer, at: Index, past: Index) -> tuple[Index, Index]:
    """The code point of a character beyond ASCII and its bytes; -1 and one byte where it is no character."""
    lead = np.int64(text[at])
    width = 2 if lead < 0xE0 else (3 if lead < 0xF0 else 4)
    if lead < 0xC0 or lead > 0xF7 or at + width > past:
        return np.int64(-1), 1
    code = lead & (0x7F >> width)
    for k in range(1, width):
        byte = np.int64(text[at + k])
        if byte & 0xC0 != 0x80:
            return np.int64(-1), 1
        code = code << 6 | (byte & 0x3F)
    return code, width


@inlined
def is_letter(byte: Index) -> bool:
    """Whether a byte is one of a to z, small or capital."""
    return bool(_A <= (byte | _SMALL) <= _Z)


@kernel
def before_number(text: Pointer, at: Index, start: Index) -> Index:
    """NOTHING, LETTER, or DECIMALS where the whole part of a decimal and its point stand directly before."""
    if at == start:
        return NOTHING
    before = text[at - 1]
    if before == POINT and at - 2 >= start and is_digit(text[at - 2]):
        return DECIMALS
    return LETTER if is_letter(before) else NOTHING


@kernel
def behind_number(text: Pointer, at: Index, end: Index) -> Index:
    """What stands directly behind: NOTHING, LETTER, DIGIT, DECIMALS, or ZERO_DECIMALS as in `.0`."""
    if at >= end:
        return NOTHING
    digit, _ = digit_at(text, at, end)
    if digit >= 0:
        return DIGIT
    if text[at] != POINT or at + 1 >= end or not is_digit(text[at + 1]):
        return LETTER if is_letter(text[at]) else NOTHING
    past = at + 1
    while past < end and past - at < _LONGEST_ZEROS and text[past] == ZERO:
        past += 1
    return DECIMALS if past < end and is_digit(text[past]) else ZERO_DECIMALS


@inlined
def is_of_a_card(leading: Index, digits: Index) -> bool:
    """Whether first four digits and length are those of an issuer's cards (ISO/IEC 7812-1, annex A)."""
    one, two, three = leading // 1_000, leading // 100, leading // 10
    long = digits >= 16
    visa = one == 4 and (digits == 13 or digits == 16 or digits == 19)
    american = (two == 34 or two == 37) and digits == 15
    diners = (300 <= three <= 305 or two in (36, 38, 39)) and digits >= 14
    china_or_india = (two == 81 or two == 82) and long
    two_series = 2221 <= leading <= 2720 and digits == 16
    others = one == 5 or one == 6 or two == 35 or 2200 <= leading <= 2204 or leading == 9792
    return bool(visa or american or diners or china_or_india or two_series or (others and long))
