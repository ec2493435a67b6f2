"""Put one value of a record: as text, and into the field that receives it."""

from __future__ import annotations

import numpy as np

from features.byte_strings import Index
from features.compiling import inlined
from features.formats.operations import AS_MAPPED, DAYS, FLOAT, MICROS, NANOS, NO_FIELD
from features.formats.text import (
    put_comma,
    put_decimal,
    put_integer,
    put_list,
    put_real,
    put_string,
    put_unsigned,
)
from features.json_strings import is_printable
from features.pointers import Pointer
from features.read_values import AMOUNT, TIME
from features.schema import MAX_KEY_BYTES

# What receives a record's values: the text, the places of its fields, its time and its amount (one float64
# each), whether it is usual (one flag), and the units of times per second.
Target = tuple[Pointer, Pointer, Pointer, Pointer, Pointer, Pointer]

_FEWEST_DIGITS = 13  # of a card number
_MANY = 10 ** (_FEWEST_DIGITS - 1)
_DAY_S = 86_400.0


@inlined
def keep(target: Target, slot: Index, start: Index, to: Index) -> Index:
    """Note where the text of a field stands, and end it."""
    if slot != NO_FIELD:
        target[1][2 * slot], target[1][2 * slot + 1] = start, to
    return put_comma(target[0], to)


@inlined
def keep_number(target: Target, slot: Index, value: float, unit: Index) -> None:
    """Keep an amount, or a time in seconds."""
    if slot == AMOUNT:
        target[3][0] = value + 0.0
    elif slot == TIME and unit == DAYS:
        target[2][0] = value * _DAY_S
    elif slot == TIME and (unit != AS_MAPPED or target[5][AS_MAPPED] > 0.0):
        target[2][0] = value / target[5][unit]


@inlined
def keep_integer(target: Target, to: Index, slot: Index, value: np.int64, unit: Index) -> Index:
    """Keep an integer; one of few digits that no field takes leaves no trace."""
    if slot == NO_FIELD and -_MANY < value < _MANY:
        return to
    if unit == NANOS:  # a float64 holds no nanoseconds of today, and rounds once from microseconds
        keep_number(target, slot, np.float64((value + 500) // 1_000), np.int64(MICROS))
    else:
        keep_number(target, slot, np.float64(value), unit)
    return keep(target, slot, to, put_integer(target[0], to, value))


@inlined
def keep_unsigned(target: Target, to: Index, slot: Index, value: np.uint64) -> Index:
    """Keep an integer without a sign, as `keep_integer`."""
    if slot == NO_FIELD and value < np.uint64(_MANY):
        return to
    keep_number(target, slot, np.float64(value), np.int64(AS_MAPPED))
    return keep(target, slot, to, put_unsigned(target[0], to, value))


@inlined
def keep_real(target: Target, to: Index, slot: Index, value: float, unit: Index, code: Index) -> Index:
    """Keep a floating-point number. A float32 is too coarse for a card number."""
    if slot == NO_FIELD and (code == FLOAT or not abs(value) >= _MANY):
        return to
    keep_number(target, slot, value, unit)
    return keep(target, slot, to, put_real(target[0], to, value))


@inlined
def keep_text(target: Target, to: Index, slot: Index, source: Pointer, start: Index, end: Index) -> Index:
    """Keep a text; one that no field takes and that is too short for a card number leaves no trace."""
    if slot == NO_FIELD and end - start < _FEWEST_DIGITS:
        return to
    if slot != NO_FIELD and not is_printable(source, start, end):
        target[4][0] = 0  # the full parser words what is wrong
    return keep(target, slot, to, put_string(target[0], to, source, start, end))


@inlined
def keep_bytes(target: Target, to: Index, slot: Index, source: Pointer, start: Index, end: Index) -> Index:
    """Keep bytes: no field takes them, but they may hold a card number."""
    if slot != NO_FIELD:
        to = keep(target, slot, to, put_list(target[0], to))
    return keep_text(target, to, NO_FIELD, source, start, end)


@inlined
def keep_symbol(target: Target, to: Index, slot: Index, symbols: Pointer, start: Index, end: Index) -> Index:
    """Keep a symbol of the schema. Longer ones than a key may have are cut, and refused for their length."""
    if slot == NO_FIELD:
        return to
    past = min(end, start + MAX_KEY_BYTES + 1)
    return keep(target, slot, to, put_string(target[0], to, symbols, start, past))


@inlined
def keep_decimal(
    target: Target, to: Index, slot: Index, source: Pointer, at: Index, width: Index, scale: Index
) -> Index:
    """Keep a decimal as a number with its digits."""
    past = put_decimal(target[0], to, source, at, width, scale, slot == NO_FIELD)
    return keep(target, slot, to, past) if past > to else to
