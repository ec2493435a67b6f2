"""Walk over the records of a batch, each by the operations of its writer's schema."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.byte_strings import NULL, Bytes, Offsets
from features.compiling import kernel
from features.formats import operations as op
from features.formats.avro_walk import STEPS_PER_BYTE, walk_avro
from features.formats.operations import JSON, REFUSED
from features.formats.proto_walk import walk_message
from features.formats.walk_state import (
    AT,
    LEVEL,
    LEVEL_SIZE,
    MOST_NESTED,
    PC,
    ROOM_END,
    STATE_SIZE,
    STEPS,
    TEXT_PER_BYTE,
    TEXT_PER_FIELD,
    TO,
)
from features.json_grammar import COLON
from features.pointers import pointer_to, row_pointer

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.uint8]


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
    bytes_at, text_at = pointer_to(source), pointer_to(text)
    stack = np.empty(LEVEL_SIZE * MOST_NESTED, np.int64)
    code = (pointer_to(operations), pointer_to(places), pointer_to(symbols))
    state = np.zeros(STATE_SIZE, np.int64)
    for i in range(len(start)):
        state[AT], state[PC], state[LEVEL] = start[i], entry[i], 0
        state[STEPS] = len(operations) + STEPS_PER_BYTE * (end[i] - start[i])
        places_found = row_pointer(found, i)
        for k in range(2 * found.shape[1]):
            places_found[k] = NULL
        text_start[i] = state[TO]
        usual[i, 0], fault[i] = entry[i] != REFUSED, 0
        if entry[i] == JSON:
            for at in range(start[i], end[i]):
                text_at[state[TO] + at - start[i]] = bytes_at[at]
            state[TO] += end[i] - start[i]
        elif entry[i] >= 0:
            text_at[state[TO]] = COLON
            state[TO] += 1
            state[ROOM_END] = (
                state[TO] + TEXT_PER_BYTE * (end[i] - start[i]) + TEXT_PER_FIELD * found.shape[1]
            )
            target = (
                text_at, places_found, row_pointer(time, i), row_pointer(amount, i), row_pointer(usual, i),
                pointer_to(units),
            )  # fmt: skip
            if operations[entry[i], 0] == op.MESSAGES:
                fault[i] = walk_message(
                    bytes_at, end[i], code, target, pointer_to(state), pointer_to(stack), found.shape[1]
                )
            else:
                fault[i] = walk_avro(bytes_at, end[i], code, target, pointer_to(state), pointer_to(stack))
            if fault[i] != 0:
                usual[i, 0] = 0
                for k in range(2 * found.shape[1]):
                    places_found[k] = NULL
        text_end[i] = state[TO]
