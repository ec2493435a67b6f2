"""Confluent's wire format: a zero byte, the schema's id in four bytes, then the record."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.byte_strings import NULL, ByteStrings

HEADER_BYTES = 5
NO_SCHEMA = -1

_MAGIC = 0


def schema_numbers(values: ByteStrings) -> npt.NDArray[np.int64]:
    r"""Return the id of each record's schema, `NO_SCHEMA` for records in another format.

    >>> schema_numbers(ByteStrings.from_list([b"\0\0\0\1\2rest", b'{"id":1}', None])).tolist()
    [258, -1, -1]
    """
    numbers = np.full(len(values), NO_SCHEMA, np.int64)
    enveloped = (values.start != NULL) & (values.length >= HEADER_BYTES)
    rows = np.flatnonzero(enveloped)
    rows = rows[values.buffer[values.start[rows]] == _MAGIC]
    start, number = values.start[rows], np.zeros(len(rows), np.int64)
    for k in range(1, HEADER_BYTES):
        number = number << 8 | values.buffer[start + k]
    numbers[rows] = number
    return numbers


def by_frequency(numbers: npt.NDArray[np.int64]) -> list[int]:
    """Return the ids in `numbers`, those of most records first."""
    if len(numbers) and numbers[0] != NO_SCHEMA and bool((numbers == numbers[0]).all()):
        return [int(numbers[0])]  # as usual, without sorting
    found, count = np.unique(numbers[numbers != NO_SCHEMA], return_counts=True)
    return [int(number) for number in found[np.argsort(-count, kind="stable")]]
