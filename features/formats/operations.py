"""The operations that a schema is compiled into; `walk` carries them out.

An operation has four numbers: its code, two arguments, and the mapped field that receives its value, or
`NO_FIELD`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from features.byte_strings import Bytes

NO_FIELD: Final = -1

# Values. Arguments: TEXT, BYTES none; FIXED width; SYMBOL first of its texts in `places` and their number;
# LONG, FLOAT, DOUBLE the unit of a time; DECIMAL width (-1: the record says it) and scale.
TRUTH, LONG, FLOAT, DOUBLE, TEXT, BYTES, FIXED, SYMBOL, DECIMAL, UUID = range(10)
# Flow. LIST: a value that no field can take; CHOOSE first of its targets in `places` and their number;
# GO, CALL, LOOP a target; NEXT the first operation of the item.
LIST, CHOOSE, GO, CALL, RETURN, LOOP, NEXT, END = range(10, 18)
# The first operation of a Protobuf schema; `proto_operations` has the others.
MESSAGES: Final = 18

JSON, REFUSED = -1, -2
"""In place of a first operation: of records that are copied as they stand, and of those that are not read."""

AS_MAPPED, MILLIS, MICROS, NANOS, DAYS = range(5)
"""Units of a time; AS_MAPPED is the one that the settings name."""


@dataclass(frozen=True, slots=True)
class Code:
    """Operations as kernels read them.

    Attributes:
        operations: int64 (m, 4).
        places: int64, targets of choices, and begin and end of each symbol in `symbols`.
        symbols: the texts of enumerations.
    """

    operations: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    symbols: Bytes


@dataclass
class Assembler:
    """Collects the operations of all schemas."""

    operations: list[tuple[int, int, int, int]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    symbols: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.operations)

    def emit(self, code: int, a: int = 0, b: int = 0, slot: int = NO_FIELD) -> int:
        """Add an operation; return its position."""
        self.operations.append((code, a, b, slot))
        return len(self.operations) - 1

    def aim(self, position: int, target: int) -> None:
        """Give an operation its target."""
        code, _, b, slot = self.operations[position]
        self.operations[position] = (code, target, b, slot)

    def mark(self) -> tuple[int, int, int]:
        """Return the state, for `undo`."""
        return len(self.operations), len(self.places), len(self.symbols)

    def undo(self, mark: tuple[int, int, int]) -> None:
        """Drop what was added since `mark`."""
        del self.operations[mark[0] :], self.places[mark[1] :], self.symbols[mark[2] :]

    def code(self) -> Code:
        """Return all operations."""
        return Code(
            np.array(self.operations, np.int64).reshape(-1, 4),
            np.array(self.places, np.int64),
            np.frombuffer(bytes(self.symbols), np.uint8),
        )
