"""What a walk over a record keeps between two values, in one array of integers."""

from typing import Final

from features.pointers import Pointer

# Position in the record and in the text, next operation, levels on the stack, steps that are left, and the
# end of the record's room in the text. Protobuf: end of the message, its table, and the field that is
# expected next.
AT, TO, PC, LEVEL, STEPS, ROOM_END, LIMIT, TABLE, EXPECTED = range(9)
STATE_SIZE: Final = 9

MOST_NESTED: Final = 64
"""Levels of a record."""
LEVEL_SIZE: Final = 3
"""Integers that a level puts on the stack at most."""

TEXT_PER_BYTE: Final = 6
"""Most bytes of text for each byte of a record."""
TEXT_PER_FIELD: Final = 160
"""Most further bytes of text for each mapped field."""

Code = tuple[Pointer, Pointer, Pointer]
"""Operations, places and symbols of `operations.Code`."""
