"""What can be wrong with a record in a binary format, and how a dead letter words it."""

from typing import Final

TRUNCATED: Final = -1
LENGTH: Final = -2
CHOICE: Final = -3
DEPTH: Final = -4
WORK: Final = -5
LEFT_OVER: Final = -6
NUMBER: Final = -7
TAG: Final = -8
MESSAGE: Final = -9

WORDS: Final = {
    TRUNCATED: "the record ends before its last value",
    LENGTH: "a length or a count below zero, or beyond the end of the record",
    CHOICE: "a branch, symbol or truth value that the schema lacks",
    DEPTH: "nested too deeply",
    WORK: "too many values for its size",
    LEFT_OVER: "bytes behind the last value",
    NUMBER: "an integer of more than 64 bits",
    TAG: "a field number of zero, or a group",
    MESSAGE: "a message that the schema lacks",
}
"""By fault: kernels return it in place of a position."""
