"""Compares features as they are stored, where a rule compares them in natural units with a constant.

Natural units grow with the feature. So `card.count_1h >= 3` is true from one float32 value of the feature on.
That value is found once for each rule, and no feature is converted for each transaction.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from features.compiling import kernel
from rules import kernels, opcodes
from rules.kernels import Numbers, natural
from rules.typed import Apply, Constant, Feature, Typed, Unit

UNITS: Final = {
    Unit.RAW: 0, Unit.COUNT: kernels.COUNT, Unit.TIMES: kernels.TIMES, Unit.DEVIATIONS: kernels.DEVIATIONS,
    Unit.HOURS: kernels.HOURS,
}  # fmt: skip
"""Numbers by which kernels know the units."""
_INFINITY: Final = 0x7F800000  # bits of float32


def in_feature_units(node: Typed) -> Typed:
    """Return an expression with the same value that converts no feature which it compares with a constant."""
    if not isinstance(node, Apply):
        return node
    if node.operation in opcodes.MIRRORED:
        operation, (left, right) = node.operation, node.arguments
        if isinstance(left, Constant):
            operation, left, right = opcodes.MIRRORED[operation], right, left
        if isinstance(left, Feature) and isinstance(right, Constant) and left.unit is not Unit.RAW:
            return _compared(operation, left, right.value) or node
    return Apply(node.operation, tuple(in_feature_units(one) for one in node.arguments))


def _compared(operation: str, feature: Feature, bound: float) -> Typed | None:
    """Return the comparison of the stored feature; None where no value of it reaches the bound."""
    reaching, beyond = (_first(UNITS[feature.unit], bound, past) for past in (False, True))
    if np.isnan(reaching) or np.isnan(beyond):
        return None
    stored = Feature(feature.column, Unit.RAW)

    def at(compare: str, value: float) -> Apply:
        return Apply(compare, (stored, Constant(value)))

    match operation:
        case "ge":
            return at("ge", reaching)
        case "gt":
            return at("ge", beyond)
        case "lt":
            return at("lt", reaching)
        case "le":
            return at("lt", beyond)
    equal = Apply("and", (at("ge", reaching), at("lt", beyond)))
    return equal if operation == "eq" else Apply("not", (equal,))


@lru_cache(maxsize=65_536)
def _first(unit: int, bound: float, past: bool) -> float:
    return float(_first_reaching(unit, bound, past, np.empty(1, np.float32), np.empty(1)))


@kernel
def _first_reaching(unit: int, bound: float, past: bool, feature: kernels.Singles, out: Numbers) -> float:
    """Return the smallest float32 whose value in natural units reaches or passes `bound`; NaN without one.

    Args:
        unit: One of `UNITS`.
        bound: In natural units.
        past: Whether the value must be greater than `bound`, and not equal.
        feature: Room for one float32.
        out: Room for one number.
    """
    bits = feature.view(np.int32)
    low, high = -_INFINITY, _INFINITY + 1  # places in the order of float32 values: finite ones, then infinity
    while low < high:
        middle = (low + high) // 2
        bits[0] = middle if middle >= 0 else -2147483648 - middle - 1
        natural(feature, unit, out)
        reached = out[0] > bound if past else out[0] >= bound
        if reached:
            high = middle
        else:
            low = middle + 1
    if low > _INFINITY:
        return np.nan
    bits[0] = low if low >= 0 else -2147483648 - low - 1
    return np.float64(feature[0])
