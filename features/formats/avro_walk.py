"""Walk over Avro records by the operations of their schemas.

Source: Apache Avro 1.12, «Specification», binary encoding.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.byte_strings import NULL, Bytes, Index, Offsets
from features.compiling import inlined, kernel
from features.formats import operations as op
from features.formats.faults import CHOICE, DEPTH, LEFT_OVER, LENGTH, TRUNCATED, WORK
from features.formats.numbers import double_at, float_at, signed_at
from features.formats.operations import JSON, REFUSED
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
from features.json_grammar import COLON
from features.pointers import Pointer, pointer_to, row_pointer

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.uint8]

TEXT_PER_BYTE = 6
"""Most bytes of text for each byte of a record."""
TEXT_PER_FIELD = 160
"""Most further bytes of text for each mapped field."""

_MOST_NESTED = 64
_STEPS_PER_BYTE = 32
_UUID_WIDTH = 16
_AT, _TO, _PC, _DEPTH, _STEPS, _ROOM_END = range(6)


@kernel
def walk(
    source: Bytes, start: Offsets, end: Offsets, entry: Offsets, operations: Offsets, places: Offsets,
    symbols: Bytes, units: Floats, text: Bytes, text_start: Offsets, text_end: Offsets, found: Offsets,
    usual: Flags, time: Floats, amount: Floats, fault: Offsets,
) -> None:  # fmt: skip
    """Write n records as text, and note where the values of f fields stand in it.

    start, end: of the records' bodies in `source`. entry: the first operation of each, or JSON or REFUSED.
    operations: (m, 4), places, symbols: of `Code`. units: of times per second, by unit.
    text: buffer with room for each record: `TEXT_PER_BYTE` for each of its bytes, `TEXT_PER_FIELD` for each
    field, and 1. text_start, text_end: (n,), where each record's text stands.
    found: (n, f, 2), -1 where absent. usual: (n, 1). time, amount: (n, 1), NaN where unknown.
    fault: (n,), 0 or what is wrong with the record.
    """
    bytes_at, text_at, stack = pointer_to(source), pointer_to(text), np.empty(_MOST_NESTED, np.int64)
    code = (pointer_to(operations), pointer_to(places), pointer_to(symbols))
    state = np.zeros(6, np.int64)
    for i in range(len(start)):
        state[_AT], state[_PC], state[_DEPTH] = start[i], entry[i], 0
        state[_STEPS] = len(operations) + _STEPS_PER_BYTE * (end[i] - start[i])
        places_found = row_pointer(found, i)
        for k in range(2 * found.shape[1]):
            places_found[k] = NULL
        text_start[i] = state[_TO]
        usual[i, 0], fault[i] = entry[i] != REFUSED, 0
        if entry[i] == JSON:
            for at in range(start[i], end[i]):
                text_at[state[_TO] + at - start[i]] = bytes_at[at]
            state[_TO] += end[i] - start[i]
        elif entry[i] >= 0:
            text_at[state[_TO]] = COLON
            state[_TO] += 1
            state[_ROOM_END] = (
                state[_TO] + TEXT_PER_BYTE * (end[i] - start[i]) + TEXT_PER_FIELD * found.shape[1]
            )
            target = (
                text_at, places_found, row_pointer(time, i), row_pointer(amount, i), row_pointer(usual, i),
                pointer_to(units),
            )  # fmt: skip
            fault[i] = _walk_one(bytes_at, end[i], code, target, pointer_to(state), pointer_to(stack))
            if fault[i] != 0:
                usual[i, 0] = 0
        text_end[i] = state[_TO]


_Code = tuple[Pointer, Pointer, Pointer]


@inlined
def _walk_one(
    source: Pointer, end: Index, code: _Code, target: Target, state: Pointer, stack: Pointer
) -> Index:
    """Carry out operations until the end of the record; return 0 or a fault."""
    while True:
        operation = state[_PC] * 4
        kind, slot = code[0][operation], code[0][operation + 3]
        a, b = code[0][operation + 1], code[0][operation + 2]
        state[_PC] += 1
        state[_STEPS] -= 1
        if state[_STEPS] < 0:
            return np.int64(WORK)
        if kind == op.END:
            return np.int64(0 if state[_AT] == end else LEFT_OVER)
        if kind <= op.LIST and not _has_room(state, end):
            return np.int64(WORK)
        if kind < op.LIST:
            at = _value(source, end, code, target, state, kind, a, b, slot)
        else:
            at = _flow(source, end, code, target, state, stack, kind, a, b, slot)
        if at < 0:
            return np.int64(at)
        state[_AT] = at


@inlined
def _has_room(state: Pointer, end: Index) -> bool:
    """Return whether the text of a value fits, if it takes all that is left of the record.

    It does while a record has at most one value for each field, which compiling a schema makes sure of. This
    keeps a mistake there from writing past the buffer.
    """
    most = TEXT_PER_BYTE * (end - state[_AT]) + TEXT_PER_FIELD
    return bool(state[_TO] + most <= state[_ROOM_END])


@inlined
def _value(
    source: Pointer, end: Index, code: _Code, target: Target, state: Pointer, kind: Index, a: Index, b: Index,
    slot: Index,
) -> Index:  # fmt: skip
    """Keep a value; return the position behind it, or a fault."""
    at = state[_AT]
    if kind == op.LONG:
        value, at = signed_at(source, at, end)
        if at >= 0:
            state[_TO] = keep_integer(target, state[_TO], slot, value, a)
        return at
    if kind == op.DOUBLE or kind == op.FLOAT:
        real, at = double_at(source, at, end) if kind == op.DOUBLE else float_at(source, at, end)
        if at >= 0:
            state[_TO] = keep_real(target, state[_TO], slot, real, a, kind)
        return at
    if kind == op.TRUTH:
        return _truth(source, end, target, state, slot)
    if kind == op.SYMBOL:
        return _symbol(source, end, code, target, state, a, b, slot)
    return _long_value(source, end, target, state, kind, a, b, slot)


@inlined
def _truth(source: Pointer, end: Index, target: Target, state: Pointer, slot: Index) -> Index:
    at = state[_AT]
    if at >= end:
        return np.int64(TRUNCATED)
    if source[at] > 1:
        return np.int64(CHOICE)
    if slot != op.NO_FIELD:
        state[_TO] = keep(target, slot, state[_TO], put_truth(target[0], state[_TO], source[at]))
    return np.int64(at + 1)


@inlined
def _symbol(
    source: Pointer, end: Index, code: _Code, target: Target, state: Pointer, first: Index, count: Index,
    slot: Index,
) -> Index:  # fmt: skip
    which, at = signed_at(source, state[_AT], end)
    if at < 0:
        return at
    if which < 0 or which >= count:
        return np.int64(CHOICE)
    begin, past = code[1][first + 2 * which], code[1][first + 2 * which + 1]
    state[_TO] = keep_symbol(target, state[_TO], slot, code[2], begin, past)
    return at


@kernel
def _long_value(
    source: Pointer, end: Index, target: Target, state: Pointer, kind: Index, a: Index, b: Index, slot: Index
) -> Index:
    """Keep a value whose width the record or the schema says."""
    at = state[_AT]
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
        state[_TO] = keep_text(target, state[_TO], slot, source, at, past)
    elif kind == op.DECIMAL:
        if width > MOST_DECIMAL_BYTES:
            return np.int64(LENGTH)
        state[_TO] = keep_decimal(target, state[_TO], slot, source, at, width, b)
    elif kind == op.UUID:
        state[_TO] = keep(target, slot, state[_TO], put_uuid(target[0], state[_TO], source, at))
    else:
        state[_TO] = keep_bytes(target, state[_TO], slot, source, at, past)
    return np.int64(past)


@kernel
def _flow(
    source: Pointer, end: Index, code: _Code, target: Target, state: Pointer, stack: Pointer, kind: Index,
    a: Index, b: Index, slot: Index,
) -> Index:  # fmt: skip
    """Choose the next operation; return the position in the record, or a fault."""
    if kind == op.CHOOSE:
        which, at = signed_at(source, state[_AT], end)
        if at < 0:
            return at
        if which < 0 or which >= b:
            return np.int64(CHOICE)
        state[_PC] = code[1][a + which]
        return at
    if kind == op.GO:
        state[_PC] = a
    elif kind == op.LIST:
        state[_TO] = keep(target, slot, state[_TO], put_list(target[0], state[_TO]))
    elif kind == op.CALL or kind == op.LOOP:
        depth = state[_DEPTH]
        if depth >= _MOST_NESTED:
            return np.int64(DEPTH)
        stack[depth] = state[_PC] if kind == op.CALL else np.int64(0)
        state[_DEPTH], state[_PC] = depth + 1, a
    elif kind == op.RETURN:
        state[_DEPTH] -= 1
        state[_PC] = stack[state[_DEPTH]]
    else:
        return _next_item(source, end, state, stack, a)
    return np.int64(state[_AT])


@inlined
def _next_item(source: Pointer, end: Index, state: Pointer, stack: Pointer, body: Index) -> Index:
    """Begin the next item of an array or a map, or go on behind the last one.

    A block has at most as many items as bytes are left: so a count cannot keep the walk busy.
    """
    at, frame = state[_AT], state[_DEPTH] - 1
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
            state[_DEPTH] -= 1
            return at
        stack[frame] = count
    stack[frame] -= 1
    state[_PC] = body
    return np.int64(at)
