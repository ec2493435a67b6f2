"""Walk over a Protobuf message by the operations of its schema.

Fields come in any order, and of a field that comes twice the last value counts. So the walk notes where the
values of mapped fields stand, and writes them once the message is over. All else leaves text at once, for the
search for card numbers.
Source: Protocol Buffers, «Encoding»; Confluent, «Wire format», message indexes.
"""

from __future__ import annotations

import numpy as np

from features.byte_strings import NULL, Index
from features.compiling import inlined, kernel
from features.formats import proto_operations as proto
from features.formats.faults import DEPTH, LENGTH, MESSAGE, TAG, TRUNCATED
from features.formats.numbers import signed_at, varint_at
from features.formats.operations import NO_FIELD
from features.formats.proto_values import put_default, put_timestamp, put_unknown, put_value
from features.formats.text import put_list
from features.formats.values import Target, keep
from features.formats.walk_state import (
    AT,
    EXPECTED,
    LEVEL,
    LEVEL_SIZE,
    LIMIT,
    MOST_NESTED,
    PC,
    TABLE,
    TO,
    Code,
)
from features.pointers import Pointer

_MOST_NUMBER = (1 << 29) - 1
_WIRE_BITS, _WIRE_MASK = np.uint64(3), np.uint64(7)


@kernel
def walk_message(
    source: Pointer, end: Index, code: Code, target: Target, state: Pointer, stack: Pointer, fields: Index
) -> Index:
    """Walk over a record from its message indexes to its end; return 0 or a fault."""
    at = _choose_message(source, end, code, state)
    if at < 0:
        return at
    state[AT], state[LIMIT] = at, end
    _enter(code, target, state)
    while True:
        if state[AT] < state[LIMIT]:
            at = _walk_field(source, code, target, state, stack)
            if at < 0:
                return at
            state[AT] = at
        elif state[LEVEL] > 0:
            state[LEVEL] -= 1
            level = state[LEVEL] * LEVEL_SIZE
            state[LIMIT], state[TABLE], state[EXPECTED] = stack[level], stack[level + 1], stack[level + 2]
        else:
            return _put_fields(source, end, code, target, state, fields)


@inlined
def _choose_message(source: Pointer, end: Index, code: Code, state: Pointer) -> Index:
    """Set the table that the message indexes name; return the position behind them, or a fault.

    A single zero stands for the first message of the schema.
    """
    node = code[0][state[PC] * 4 + 1]
    count, at = signed_at(source, state[AT], end)
    if at < 0:
        return at
    if count < 0 or count > MOST_NESTED:
        return np.int64(MESSAGE)
    for _level in range(count if count > 0 else 1):
        which = np.int64(0)
        if count > 0:
            which, at = signed_at(source, at, end)
            if at < 0:
                return at
        if which < 0 or which >= code[1][node]:
            return np.int64(MESSAGE)
        place = node + 1 + proto.NODE_WIDTH * which
        state[TABLE], node = code[1][place], code[1][place + 1]
    return np.int64(at)


@inlined
def _enter(code: Code, target: Target, state: Pointer) -> None:
    """Begin a message: fields that are not found yet get their defaults."""
    table = state[TABLE] * 4
    first, defaults = code[0][table + 1], code[0][table + 3]
    for k in range(defaults):
        field = code[1][first + k]
        slot = code[0][field * 4 + 3]
        if target[1][2 * slot] == NULL:
            target[1][2 * slot], target[1][2 * slot + 1] = proto.DEFAULT, field
    state[EXPECTED] = state[TABLE] + 1


@inlined
def _walk_field(source: Pointer, code: Code, target: Target, state: Pointer, stack: Pointer) -> Index:
    """Walk over a field, or into a message; return the position behind it, or a fault."""
    limit = state[LIMIT]
    tag, at = varint_at(source, state[AT], limit)
    if at < 0:
        return at
    number, wire = np.int64(tag >> _WIRE_BITS), np.int64(tag & _WIRE_MASK)
    if number < 1 or number > _MOST_NUMBER:
        return np.int64(TAG)
    past = _behind(source, at, limit, wire)
    if past < 0:
        return past
    field = _field_of(code, state, number)
    kind = code[0][field * 4] if field != NULL else np.int64(0)
    if field == NULL or (_wire_of(kind & proto.KIND_MASK) != wire and not _is_packed(kind, wire)):
        return put_unknown(source, wire, at, past, target, state)
    return _take(source, code, target, state, stack, field, wire, at, past)


@inlined
def _behind(source: Pointer, at: Index, limit: Index, wire: Index) -> Index:
    """The position behind a value, or a fault."""
    if wire == proto.VARINT:
        _, past = varint_at(source, at, limit)
        return np.int64(past)
    if wire == proto.COUNTED:
        width, first = varint_at(source, at, limit)
        if first < 0:
            return np.int64(first)
        return np.int64(first + np.int64(width)) if width <= np.uint64(limit - first) else np.int64(LENGTH)
    if wire == proto.EIGHT_BYTES or wire == proto.FOUR_BYTES:
        past = at + (8 if wire == proto.EIGHT_BYTES else 4)
        return np.int64(past) if past <= limit else np.int64(TRUNCATED)
    return np.int64(TAG)


@inlined
def _field_of(code: Code, state: Pointer, number: Index) -> Index:
    """The operation of a field by its number, or NULL. Records mostly have their fields in order."""
    table, expected = state[TABLE], state[EXPECTED]
    count = code[0][table * 4 + 2]
    if expected <= table + count and code[0][expected * 4 + 2] == number:
        state[EXPECTED] = expected + 1
        return np.int64(expected)
    low, high = np.int64(table + 1), np.int64(table + count)
    while low <= high:
        middle = (low + high) >> 1
        found = code[0][middle * 4 + 2]
        if found == number:
            state[EXPECTED] = middle + 1
            return np.int64(middle)
        if found < number:
            low = middle + 1
        else:
            high = middle - 1
    return np.int64(NULL)


@inlined
def _wire_of(kind: Index) -> Index:
    if kind <= proto.ENUM:
        return np.int64(proto.VARINT)
    if kind <= proto.FLOAT:
        return np.int64(proto.FOUR_BYTES)
    return np.int64(proto.EIGHT_BYTES if kind <= proto.DOUBLE else proto.COUNTED)


@inlined
def _is_packed(kind: Index, wire: Index) -> bool:
    return bool(wire == proto.COUNTED and kind & proto.REPEATED and (kind & proto.KIND_MASK) <= proto.DOUBLE)


@inlined
def _take(
    source: Pointer, code: Code, target: Target, state: Pointer, stack: Pointer, field: Index, wire: Index,
    at: Index, past: Index,
) -> Index:  # fmt: skip
    """Note where the value of a mapped field stands, and search any other; return the next position."""
    kind, slot = code[0][field * 4], code[0][field * 4 + 3]
    repeated, single = (kind & proto.REPEATED) != 0, (kind & proto.KIND_MASK) < proto.MESSAGE
    if slot != NO_FIELD:
        before = target[1][2 * slot]
        if before >= 0 and single and not repeated:
            put_value(source, before, past, code, target, state, field, np.int64(NO_FIELD))
        target[1][2 * slot], target[1][2 * slot + 1] = at, field
    if not single:
        return _into(source, code, target, state, stack, code[0][field * 4 + 1], at, past)
    if _is_packed(kind, wire):
        _, at = varint_at(source, at, past)
        while at >= 0 and at < past:
            at = put_value(source, at, past, code, target, state, field, np.int64(NO_FIELD))
        return np.int64(at)
    if slot == NO_FIELD or repeated:
        return put_value(source, at, past, code, target, state, field, np.int64(NO_FIELD))
    return np.int64(past)


@inlined
def _into(
    source: Pointer, code: Code, target: Target, state: Pointer, stack: Pointer, table: Index, at: Index,
    past: Index,
) -> Index:  # fmt: skip
    """Go into a message within; return where it begins, or a fault."""
    if state[LEVEL] >= MOST_NESTED:
        return np.int64(DEPTH)
    level = state[LEVEL] * LEVEL_SIZE
    stack[level], stack[level + 1], stack[level + 2] = state[LIMIT], state[TABLE], state[EXPECTED]
    state[LEVEL] += 1
    _, first = varint_at(source, at, past)
    state[LIMIT], state[TABLE] = past, table
    _enter(code, target, state)
    return np.int64(first)


@inlined
def _put_fields(
    source: Pointer, end: Index, code: Code, target: Target, state: Pointer, fields: Index
) -> Index:
    """Write the values of the mapped fields; return 0 or a fault."""
    for slot in range(fields):
        at, field = target[1][2 * slot], target[1][2 * slot + 1]
        if at == NULL:
            continue
        target[1][2 * slot], target[1][2 * slot + 1] = NULL, NULL
        kind = code[0][field * 4]
        if kind & proto.REPEATED or kind == proto.MESSAGE:
            state[TO] = keep(target, slot, state[TO], put_list(target[0], state[TO]))
        elif at == proto.DEFAULT:
            put_default(code, target, state, field, slot)
        elif kind == proto.TIMESTAMP:
            put_timestamp(source, at, end, target, state, slot)
        else:
            past = put_value(source, at, end, code, target, state, field, slot)
            if past < 0:
                return past
    return np.int64(0)
