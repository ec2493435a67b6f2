"""Walk over an Avro record by the operations of its schema.

Source: Apache Avro 1.12, «Specification», binary encoding.
"""

from __future__ import annotations

import numpy as np

from features.byte_strings import Index
from features.compiling import inlined, kernel
from features.formats import operations as op
from features.formats.faults import CHOICE, DEPTH, LEFT_OVER, LENGTH, TRUNCATED, WORK
from features.formats.numbers import double_at, float_at, signed_at
from features.formats.text import MOST_DECIMAL_BYTES, put_list, put_truth, put_uuid
from features.formats.values import (
    Target,
    keep,
    keep_bytes,
    keep_decimal,
    keep_integer,
    keep_real,
    keep_symbol,
    keep_text,
)
from features.formats.walk_state import (
    AT,
    LEVEL,
    MOST_NESTED,
    PC,
    ROOM_END,
    STEPS,
    TEXT_PER_BYTE,
    TEXT_PER_FIELD,
    TO,
    Code,
)
from features.pointers import Pointer

STEPS_PER_BYTE = 32
_UUID_WIDTH = 16


@inlined
def walk_avro(
    source: Pointer, end: Index, code: Code, target: Target, state: Pointer, stack: Pointer
) -> Index:
    """Carry out operations until the end of the record; return 0 or a fault."""
    while True:
        operation = state[PC] * 4
        kind, slot = code[0][operation], code[0][operation + 3]
        a, b = code[0][operation + 1], code[0][operation + 2]
        state[PC] += 1
        state[STEPS] -= 1
        if state[STEPS] < 0:
            return np.int64(WORK)
        if kind == op.END:
            return np.int64(0 if state[AT] == end else LEFT_OVER)
        if kind <= op.LIST and not _has_room(state, end):
            return np.int64(WORK)
        if kind < op.LIST:
            at = _value(source, end, code, target, state, kind, a, b, slot)
        else:
            at = _flow(source, end, code, target, state, stack, kind, a, b, slot)
        if at < 0:
            return np.int64(at)
        state[AT] = at


@inlined
def _has_room(state: Pointer, end: Index) -> bool:
    """Return whether the text of a value fits, if it takes all that is left of the record.

    It does while a record has at most one value for each field, which compiling a schema makes sure of. This
    keeps a mistake there from writing past the buffer.
    """
    most = TEXT_PER_BYTE * (end - state[AT]) + TEXT_PER_FIELD
    return bool(state[TO] + most <= state[ROOM_END])


@inlined
def _value(
    source: Pointer, end: Index, code: Code, target: Target, state: Pointer, kind: Index, a: Index, b: Index,
    slot: Index,
) -> Index:  # fmt: skip
    """Keep a value; return the position behind it, or a fault."""
    at = state[AT]
    if kind == op.LONG:
        value, at = signed_at(source, at, end)
        if at >= 0:
            state[TO] = keep_integer(target, state[TO], slot, value, a)
        return at
    if kind == op.DOUBLE or kind == op.FLOAT:
        real, at = double_at(source, at, end) if kind == op.DOUBLE else float_at(source, at, end)
        if at >= 0:
            state[TO] = keep_real(target, state[TO], slot, real, a, kind)
        return at
    if kind == op.TRUTH:
        return _truth(source, end, target, state, slot)
    if kind == op.SYMBOL:
        return _symbol(source, end, code, target, state, a, b, slot)
    return _long_value(source, end, target, state, kind, a, b, slot)


@inlined
def _truth(source: Pointer, end: Index, target: Target, state: Pointer, slot: Index) -> Index:
    at = state[AT]
    if at >= end:
        return np.int64(TRUNCATED)
    if source[at] > 1:
        return np.int64(CHOICE)
    if slot != op.NO_FIELD:
        state[TO] = keep(target, slot, state[TO], put_truth(target[0], state[TO], source[at]))
    return np.int64(at + 1)


@inlined
def _symbol(
    source: Pointer, end: Index, code: Code, target: Target, state: Pointer, first: Index, count: Index,
    slot: Index,
) -> Index:  # fmt: skip
    which, at = signed_at(source, state[AT], end)
    if at < 0:
        return at
    if which < 0 or which >= count:
        return np.int64(CHOICE)
    begin, past = code[1][first + 2 * which], code[1][first + 2 * which + 1]
    state[TO] = keep_symbol(target, state[TO], slot, code[2], begin, past)
    return at


@kernel
def _long_value(
    source: Pointer, end: Index, target: Target, state: Pointer, kind: Index, a: Index, b: Index, slot: Index
) -> Index:
    """Keep a value whose width the record or the schema says."""
    at = state[AT]
    width = np.int64(a)
    if kind == op.TEXT or kind == op.BYTES or (kind == op.DECIMAL and a < 0):
        width, at = signed_at(source, at, end)
        if at < 0:
            return at
    elif kind == op.UUID:
        width = np.int64(_UUID_WIDTH)
    if width < 0 or width > end - at:
        return np.int64(LENGTH)
    past = at + width
    if kind == op.TEXT:
        state[TO] = keep_text(target, state[TO], slot, source, at, past)
    elif kind == op.DECIMAL:
        if width > MOST_DECIMAL_BYTES:
            return np.int64(LENGTH)
        state[TO] = keep_decimal(target, state[TO], slot, source, at, width, b)
    elif kind == op.UUID:
        state[TO] = keep(target, slot, state[TO], put_uuid(target[0], state[TO], source, at))
    else:
        state[TO] = keep_bytes(target, state[TO], slot, source, at, past)
    return np.int64(past)


@kernel
def _flow(
    source: Pointer, end: Index, code: Code, target: Target, state: Pointer, stack: Pointer, kind: Index,
    a: Index, b: Index, slot: Index,
) -> Index:  # fmt: skip
    """Choose the next operation; return the position in the record, or a fault."""
    if kind == op.CHOOSE:
        which, at = signed_at(source, state[AT], end)
        if at < 0:
            return at
        if which < 0 or which >= b:
            return np.int64(CHOICE)
        state[PC] = code[1][a + which]
        return at
    if kind == op.GO:
        state[PC] = a
    elif kind == op.LIST:
        state[TO] = keep(target, slot, state[TO], put_list(target[0], state[TO]))
    elif kind == op.CALL or kind == op.LOOP:
        depth = state[LEVEL]
        if depth >= MOST_NESTED:
            return np.int64(DEPTH)
        stack[depth] = state[PC] if kind == op.CALL else np.int64(0)
        state[LEVEL], state[PC] = depth + 1, a
    elif kind == op.RETURN:
        state[LEVEL] -= 1
        state[PC] = stack[state[LEVEL]]
    else:
        return _next_item(source, end, state, stack, a)
    return np.int64(state[AT])


@inlined
def _next_item(source: Pointer, end: Index, state: Pointer, stack: Pointer, body: Index) -> Index:
    """Begin the next item of an array or a map, or go on behind the last one.

    A block has at most as many items as bytes are left: so a count cannot keep the walk busy.
    """
    at, frame = state[AT], state[LEVEL] - 1
    if stack[frame] == 0:
        count, at = signed_at(source, at, end)
        if at < 0:
            return at
        if count < 0:
            size, at = signed_at(source, at, end)
            if at < 0:
                return at
            if size < 0 or size > end - at:
                return np.int64(LENGTH)
            count = -count
        if count < 0 or count > end - at:
            return np.int64(LENGTH)
        if count == 0:
            state[LEVEL] -= 1
            return at
        stack[frame] = count
    stack[frame] -= 1
    state[PC] = body
    return np.int64(at)
