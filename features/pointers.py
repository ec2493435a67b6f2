"""Pointers for kernels that call each other once per byte or per transaction.

numba counts references to an array at each call, atomically, and checks every position for being negative.
That took more time than the work. A pointer costs nothing and checks nothing: the kernel that creates it from
an array must keep the array alive and its positions in bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

Pointer = Any  # to the first element, of the type that the array had


def _generated(rule: Callable[..., Any]) -> Any:
    """A function for kernels whose code `rule` writes; Any, since its arguments are not those of the rule."""
    return intrinsic(prefer_literal=True)(rule)


def _pointer_type(element: Any) -> Any:
    return types.CPointer(element)  # type: ignore[no-untyped-call]


@_generated
def pointer_to(typing_context: Any, array: Any) -> Any:
    """The address of the first element of a contiguous array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return _pointer_type(array.dtype)(array), generate


@_generated
def row_pointer(typing_context: Any, matrix: Any, row: Any) -> Any:
    """The address of the first element of a row whose elements lie side by side."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        stride = builder.extract_value(array.strides, 0)
        index = context.cast(builder, arguments[1], signature.args[1], types.intp)
        first = builder.ptrtoint(array.data, stride.type)
        return builder.inttoptr(builder.add(first, builder.mul(stride, index)), array.data.type)

    return _pointer_type(matrix.dtype)(matrix, row), generate


@_generated
def word_at(typing_context: Any, pointer: Any, at: Any) -> Any:
    """The eight bytes from `at` on as a uint64, little-endian; all eight must be there."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        index = context.cast(builder, arguments[1], signature.args[1], types.intp)
        word = ir.IntType(64)
        place = builder.bitcast(builder.gep(arguments[0], [index]), word.as_pointer())
        return builder.load(place, align=1)

    return types.uint64(pointer, at), generate


@_generated
def field_pointer(typing_context: Any, records: Any, index: Any, name: Any) -> Any:
    """The address of a field of `records[index]`, of its first element where it holds several."""
    field = records.dtype.typeof(name.literal_value)
    offset = records.dtype.offset(name.literal_value)
    element = field.dtype if isinstance(field, types.NestedArray) else field

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        stride = builder.extract_value(array.strides, 0)
        position = context.cast(builder, arguments[1], signature.args[1], types.intp)
        first = builder.ptrtoint(array.data, stride.type)
        place = builder.add(builder.add(first, builder.mul(stride, position)), stride.type(offset))
        return builder.inttoptr(place, context.get_value_type(element).as_pointer())

    return _pointer_type(element)(records, index, name), generate
