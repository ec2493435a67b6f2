"""Many byte strings in one shared buffer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.compiling import kernel

NULL = -1  # the start of a null string

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Index = int | np.int64  # a position, as kernels see it
Selection = npt.NDArray[Any] | slice  # of rows: their numbers, a mask or a range


@dataclass(frozen=True, slots=True)
class ByteStrings:
    """n byte strings in `buffer`, string i at `start[i]:end[i]`; `start[i] == -1` is a null.

    Strings may overlap, repeat and stand in any order, so selecting strings copies no bytes.

    >>> ByteStrings.from_list([b"card-1", None, b"card-2"]).take(np.array([2, 1])).to_list()
    [b'card-2', None]
    """

    buffer: Bytes
    start: Offsets
    end: Offsets

    def __len__(self) -> int:
        return len(self.start)

    @property
    def length(self) -> Offsets:
        """Bytes of each string, int64 (n,); 0 for a null."""
        return self.end - self.start

    @property
    def nbytes(self) -> int:
        """Bytes of all strings together; the rest of the buffer does not count."""
        return int(self.length.sum())

    @classmethod
    def empty(cls) -> ByteStrings:
        """Return no strings."""
        return cls(np.empty(0, np.uint8), np.empty(0, np.int64), np.empty(0, np.int64))

    @classmethod
    def in_a_row(cls, buffer: Bytes, end: Offsets) -> ByteStrings:
        """Return strings that follow each other from the buffer's first byte on, each up to its `end`.

        >>> ByteStrings.in_a_row(np.frombuffer(b"abc", np.uint8), np.array([1, 3])).to_list()
        [b'a', b'bc']
        """
        start = np.empty(len(end), np.int64)
        start[:1] = 0
        start[1:] = end[:-1]
        return cls(buffer, start, end)

    @classmethod
    def whole(cls, data: Any) -> ByteStrings:
        """Return all bytes of a buffer as one string, without copying."""
        buffer = np.frombuffer(data, np.uint8)
        return cls.in_a_row(buffer, np.array([len(buffer)], np.int64))

    @classmethod
    def from_list(cls, values: Sequence[bytes | None]) -> ByteStrings:
        """Copy `values` into one buffer, in order."""
        length = np.fromiter(
            (len(value) if value is not None else 0 for value in values), np.int64, len(values)
        )
        null = np.fromiter((value is None for value in values), np.bool_, len(values))
        end = np.cumsum(length)
        start = end - length
        start[null] = end[null] = NULL
        return cls(np.frombuffer(b"".join(v for v in values if v is not None), np.uint8), start, end)

    @classmethod
    def from_arrow(cls, array: pa.Array) -> ByteStrings:
        """Read an Arrow binary or string array, without copying its bytes.

        Raises:
            TypeError: the array is of another type.
        """
        wide = pa.types.is_large_binary(array.type) or pa.types.is_large_string(array.type)
        if not wide and not (pa.types.is_binary(array.type) or pa.types.is_string(array.type)):
            raise TypeError(f"strings come from an Arrow binary or string array, not from {array.type}")
        _, offsets, data = array.buffers()
        first, past = array.offset, array.offset + len(array) + 1
        if len(array) == 0:
            return cls.empty()
        bounds = np.frombuffer(offsets, np.int64 if wide else np.int32)[first:past].astype(np.int64)
        start, end = bounds[:-1].copy(), bounds[1:].copy()
        if array.null_count:
            null = array.is_null().to_numpy(zero_copy_only=False)
            start[null] = end[null] = NULL
        return cls(np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8), start, end)

    def to_list(self) -> list[bytes | None]:
        """Return the strings as Python objects."""
        whole = memoryview(self.buffer.data)
        pairs = zip(self.start.tolist(), self.end.tolist(), strict=True)
        return [bytes(whole[start:end]) if start != NULL else None for start, end in pairs]

    def take(self, index: Selection) -> ByteStrings:
        """Return the strings at `index`, over the same buffer."""
        return ByteStrings(self.buffer, self.start[index], self.end[index])

    def gather(self) -> ByteStrings:
        """Return the same strings, copied one after the other into a new buffer."""
        end = np.cumsum(self.length)
        buffer = np.empty(int(end[-1]) if len(end) else 0, np.uint8)
        _copy_strings(self.buffer, self.start, self.end, buffer)
        start = end - self.length
        null = self.start == NULL
        start[null] = end[null] = NULL
        return ByteStrings(buffer, start, end)

    def to_arrow(self) -> pa.Array:
        """Return an Arrow binary array; bytes are copied only if the strings do not follow each other."""
        strings = self if self._in_a_row() else self.gather()
        null = strings.start == NULL
        offsets = np.empty(len(strings) + 1, np.int32)
        offsets[0] = strings.start[0] if len(strings) and not null.any() else 0
        offsets[1:] = offsets[0] + np.cumsum(strings.length)
        valid = pa.py_buffer(np.packbits(~null, bitorder="little")) if null.any() else None
        parts = [valid, pa.py_buffer(offsets), pa.py_buffer(strings.buffer)]
        return pa.Array.from_buffers(pa.binary(), len(strings), parts)

    def _in_a_row(self) -> bool:
        return len(self) > 0 and self.start[0] != NULL and bool(np.array_equal(self.start[1:], self.end[:-1]))


@kernel
def _copy_strings(source: Bytes, start: Offsets, end: Offsets, target: Bytes) -> None:
    at = 0
    for i in range(len(start)):
        for p in range(start[i], end[i]):
            target[at] = source[p]
            at += 1
