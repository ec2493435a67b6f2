"""Keep the values of a Protobuf message. What no field takes leaves text for the search alone."""

from __future__ import annotations

import numpy as np

from features.byte_strings import Index
from features.compiling import inlined, kernel
from features.formats import operations as op
from features.formats import proto_operations as proto
from features.formats.faults import WORK
from features.formats.numbers import double_at, float_at, unfolded, varint_at
from features.formats.operations import NO_FIELD
from features.formats.text import put_list, put_truth
from features.formats.values import (
    Target,
    keep,
    keep_bytes,
    keep_integer,
    keep_real,
    keep_symbol,
    keep_text,
    keep_unsigned,
)
from features.formats.walk_state import ROOM_END, TEXT_PER_FIELD, TO, Code
from features.pointers import Pointer, word_at

_HALF = np.uint64(0xFFFFFFFF)
_MICROS, _MOST_SECONDS = np.int64(1_000_000), np.int64(10**12)
_SECONDS, _NANOS = 8, 16  # the tags of the fields of google.protobuf.Timestamp


@kernel
def put_value(
    source: Pointer, at: Index, end: Index, code: Code, target: Target, state: Pointer, field: Index,
    slot: Index,
) -> Index:  # fmt: skip
    """Keep the value behind a tag; return the position behind it, or a fault."""
    kind = code[0][field * 4] & proto.KIND_MASK
    if kind >= proto.STRING:
        return _put_counted(source, at, end, target, state, kind, slot)
    if not _has_room(state, 0):
        return np.int64(WORK)
    if kind <= proto.ENUM:
        value, past = varint_at(source, at, end)
        if past >= 0:
            _put_varint(value, code, target, state, kind, code[0][field * 4 + 1], slot)
        return np.int64(past)
    if kind == proto.FLOAT or kind == proto.DOUBLE:
        real, past = float_at(source, at, end) if kind == proto.FLOAT else double_at(source, at, end)
        width = op.FLOAT if kind == proto.FLOAT else op.DOUBLE
        if past >= 0:
            state[TO] = keep_real(target, state[TO], slot, real, np.int64(op.AS_MAPPED), np.int64(width))
        return np.int64(past)
    return _put_fixed(source, at, end, target, state, kind, slot)


@inlined
def _has_room(state: Pointer, width: Index) -> bool:
    """Return whether the text of a value fits: it does, unless a schema gives a field twice."""
    return bool(state[TO] + width + TEXT_PER_FIELD <= state[ROOM_END])


@inlined
def _put_varint(
    value: np.uint64, code: Code, target: Target, state: Pointer, kind: Index, argument: Index, slot: Index
) -> None:
    to = state[TO]
    if kind == proto.INT64:
        state[TO] = keep_integer(target, to, slot, np.int64(value), np.int64(op.AS_MAPPED))
    elif kind == proto.INT32:
        state[TO] = keep_integer(target, to, slot, _signed(value), np.int64(op.AS_MAPPED))
    elif kind == proto.UINT64 or kind == proto.UINT32:
        state[TO] = keep_unsigned(target, to, slot, value if kind == proto.UINT64 else value & _HALF)
    elif kind == proto.SINT64 or kind == proto.SINT32:
        left = value if kind == proto.SINT64 else value & _HALF
        state[TO] = keep_integer(target, to, slot, unfolded(left), np.int64(op.AS_MAPPED))
    elif slot != NO_FIELD and kind == proto.BOOL:
        truth = np.int64(value != np.uint64(0))
        state[TO] = keep(target, slot, to, put_truth(target[0], to, truth))
    elif slot != NO_FIELD:
        state[TO] = _put_symbol(_signed(value), code, target, to, argument, slot)


@inlined
def _signed(value: np.uint64) -> np.int64:
    """The int32 in the lower half."""
    low = np.int64(value & _HALF)
    return low - (np.int64(1) << 32) if low >> 31 else low


@inlined
def _put_symbol(number: np.int64, code: Code, target: Target, to: Index, first: Index, slot: Index) -> Index:
    """Keep the text of an enumeration's value; one that the schema lacks stays a number."""
    low, high = np.int64(0), code[1][first] - 1
    while low <= high:
        middle = (low + high) >> 1
        place = first + 1 + proto.VALUE_WIDTH * middle
        found = code[1][place]
        if found == number:
            return keep_symbol(target, to, slot, code[2], code[1][place + 1], code[1][place + 2])
        if found < number:
            low = middle + 1
        else:
            high = middle - 1
    return keep_integer(target, to, slot, number, np.int64(op.AS_MAPPED))


@inlined
def _put_fixed(
    source: Pointer, at: Index, end: Index, target: Target, state: Pointer, kind: Index, slot: Index
) -> Index:
    """Keep an integer of a fixed width."""
    width = 4 if kind <= proto.FLOAT else 8
    value = np.uint64(0)
    if at + width > end:
        return np.int64(WORK)  # the walk has checked that it is there
    for k in range(width):
        value |= np.uint64(source[at + k]) << np.uint64(8 * k)
    if kind == proto.FIXED32 or kind == proto.FIXED64:
        state[TO] = keep_unsigned(target, state[TO], slot, value)
    else:
        signed = _signed(value) if kind == proto.SFIXED32 else np.int64(value)
        state[TO] = keep_integer(target, state[TO], slot, signed, np.int64(op.AS_MAPPED))
    return np.int64(at + width)


@inlined
def _put_counted(
    source: Pointer, at: Index, end: Index, target: Target, state: Pointer, kind: Index, slot: Index
) -> Index:
    """Keep a text or bytes."""
    width, first = varint_at(source, at, end)
    if first < 0 or width > np.uint64(end - first):
        return np.int64(WORK)
    past = first + np.int64(width)
    if not _has_room(state, past - first):
        return np.int64(WORK)
    if kind == proto.STRING:
        state[TO] = keep_text(target, state[TO], slot, source, first, past)
    else:
        state[TO] = keep_bytes(target, state[TO], slot, source, first, past)
    return np.int64(past)


@kernel
def put_unknown(
    source: Pointer, wire: Index, at: Index, past: Index, target: Target, state: Pointer
) -> Index:
    """Search the value of a field that the schema lacks, as text and as numbers; return `past` or a fault."""
    if not _has_room(state, past - at):
        return np.int64(WORK)
    nothing, unit = np.int64(NO_FIELD), np.int64(op.AS_MAPPED)
    if wire == proto.COUNTED:
        _, first = varint_at(source, at, past)
        state[TO] = keep_text(target, state[TO], nothing, source, first, past)
    elif wire == proto.VARINT:
        value, _ = varint_at(source, at, past)
        state[TO] = keep_unsigned(target, state[TO], nothing, value)
    elif wire == proto.EIGHT_BYTES:
        real, _ = double_at(source, at, past)
        state[TO] = keep_unsigned(target, state[TO], nothing, np.uint64(word_at(source, at)))
        state[TO] = keep_real(target, state[TO], nothing, real, unit, np.int64(op.DOUBLE))
    return np.int64(past)


@inlined
def put_default(code: Code, target: Target, state: Pointer, field: Index, slot: Index) -> None:
    """Keep the default of a field's kind: zero, no text, or the value 0 of an enumeration."""
    kind, to = code[0][field * 4], state[TO]
    if kind == proto.STRING:
        state[TO] = keep_text(target, to, slot, target[0], np.int64(0), np.int64(0))
    elif kind == proto.BYTES:
        state[TO] = keep(target, slot, to, put_list(target[0], to))
    elif kind == proto.FLOAT or kind == proto.DOUBLE:
        state[TO] = keep_real(target, to, slot, 0.0, np.int64(op.AS_MAPPED), np.int64(op.DOUBLE))
    elif kind <= proto.ENUM:
        _put_varint(np.uint64(0), code, target, state, kind, code[0][field * 4 + 1], slot)
    else:
        state[TO] = keep_integer(target, to, slot, np.int64(0), np.int64(op.AS_MAPPED))


@kernel
def put_timestamp(
    source: Pointer, at: Index, end: Index, target: Target, state: Pointer, slot: Index
) -> None:
    """Keep a google.protobuf.Timestamp that the walk has gone through, rounded to microseconds."""
    width, at = varint_at(source, at, end)
    past = at + np.int64(width)
    seconds, nanos = np.int64(0), np.int64(0)
    while at < past:
        tag, at = varint_at(source, at, past)
        value, behind = varint_at(source, at, past)
        wire = np.int64(tag & np.uint64(7))
        if tag == np.uint64(_SECONDS):
            seconds = min(max(np.int64(value), -_MOST_SECONDS), _MOST_SECONDS)
        elif tag == np.uint64(_NANOS):
            nanos = _signed(value)
        at = _behind_known(at, behind, value, wire)
    micros = seconds * _MICROS + (nanos + 500) // 1_000
    state[TO] = keep_integer(target, state[TO], slot, micros, np.int64(op.MICROS))


@inlined
def _behind_known(at: Index, behind: Index, value: np.uint64, wire: Index) -> Index:
    """The position behind a value that is there as a whole."""
    if wire == proto.VARINT:
        return np.int64(behind)
    if wire == proto.COUNTED:
        return np.int64(behind + np.int64(value))
    return np.int64(at + (8 if wire == proto.EIGHT_BYTES else 4))
