"""Bare addresses for kernels that call each other once per byte or per transaction.

An array handed from kernel to kernel is counted on each way, atomically, and every position in it is checked for
being negative; that took more time than the work. A pointer costs nothing and checks nothing: the kernel that
takes it from an array keeps the array alive and answers for the positions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

Pointer = Any  # to the first element, of the type that the array had


@intrinsic  # type: ignore[untyped-decorator]
def pointer_to(typing_context: Any, array: Any) -> Any:
    """The address of the first element of a contiguous array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), generate


@intrinsic  # type: ignore[untyped-decorator]
def row_pointer(typing_context: Any, matrix: Any, row: Any) -> Any:
    """The address of the first element of a row whose elements lie side by side."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        stride = builder.extract_value(array.strides, 0)
        index = context.cast(builder, arguments[1], signature.args[1], types.intp)
        first = builder.ptrtoint(array.data, stride.type)
        return builder.inttoptr(builder.add(first, builder.mul(stride, index)), array.data.type)

    return types.CPointer(matrix.dtype)(matrix, row), generate


@intrinsic  # type: ignore[untyped-decorator]
def word_at(typing_context: Any, pointer: Any, at: Any) -> Any:
    """The eight bytes from `at` on as a uint64, little-endian; all eight must be there."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        index = context.cast(builder, arguments[1], signature.args[1], types.intp)
        word = ir.IntType(64)
        place = builder.bitcast(builder.gep(arguments[0], [index]), word.as_pointer())
        return builder.load(place, align=1)

    return types.uint64(pointer, at), generate
