"""Looks up a batch's keys in the buckets of a list.

Buckets are separate arrays, so that a change replaces one and copies none of the others. The kernel finds
them by address; the caller keeps them alive.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from features.byte_strings import NULL, Bytes, Offsets
from features.compiling import kernel
from features.hashing import hash_bytes
from features.pointers import pointer_to

HASHES, BYTES, ENDS, UNTIL = range(4)
_TOP = np.uint64(56)


def _reader(of_ir: Any, of_numba: Any, width: int) -> Any:
    """Return a function for kernels that reads element `at` of an array at an address."""

    def rule(typing_context: Any, address: Any, at: Any) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            word = ir.IntType(64)
            place = builder.mul(
                context.cast(builder, arguments[1], signature.args[1], types.int64), word(width)
            )
            return builder.load(builder.inttoptr(builder.add(arguments[0], place), of_ir.as_pointer()))

        return of_numba(types.uint64, types.int64), generate

    return intrinsic(rule)


_word = _reader(ir.IntType(64), types.uint64, 8)
_end = _reader(ir.IntType(64), types.int64, 8)
_byte = _reader(ir.IntType(8), types.uint8, 1)
_time = _reader(ir.DoubleType(), types.float64, 8)


@kernel
def look_up(
    buffer: Bytes,
    start: Offsets,
    end: Offsets,
    time: npt.NDArray[np.float64],
    places: npt.NDArray[np.uint64],
    lengths: npt.NDArray[np.int64],
    out: npt.NDArray[np.bool_],
) -> None:
    """Write whether each key is on the list at its event time.

    Equal hashes are not enough: the bytes are compared, so the result is exact.

    Args:
        buffer: Bytes of the keys.
        start: Where each key starts, int64 (n,).
        end: Where it ends, int64 (n,).
        time: Event times, (n,).
        places: Addresses of the arrays of each bucket, uint64 (buckets, 4): hashes, bytes, ends, until.
        lengths: Values of each bucket, int64 (buckets,).
        out: bool (n,), written.
    """
    text = pointer_to(buffer)
    for i in range(len(start)):
        out[i] = False
        if start[i] == NULL:
            continue
        wanted = hash_bytes(text, start[i], end[i])
        bucket = np.int64(wanted >> _TOP)
        count = lengths[bucket]
        hashes, ends = places[bucket, HASHES], places[bucket, ENDS]
        low, high = np.int64(0), count
        while low < high:
            middle = (low + high) >> 1
            if _word(hashes, middle) < wanted:
                low = middle + 1
            else:
                high = middle
        while low < count and _word(hashes, low) == wanted:
            begin = _end(ends, low - 1) if low > 0 else np.int64(0)
            length = _end(ends, low) - begin
            same = length == end[i] - start[i]
            at = np.int64(0)
            while same and at < length:
                same = _byte(places[bucket, BYTES], begin + at) == buffer[start[i] + at]
                at += 1
            if same:
                out[i] = time[i] < _time(places[bucket, UNTIL], low)
                break
            low += 1
