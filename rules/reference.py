"""Evaluates one record at a time, in plain Python: what the compiled program must agree with."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from rules.typed import Apply, Constant, Input, Typed


def evaluate(node: Typed, values: Mapping[Input, float]) -> float:
    """Return the value of an expression; true is 1 and false is 0.

    Args:
        node: The expression.
        values: Value of each of its inputs.
    """
    if isinstance(node, Constant):
        return node.value
    if not isinstance(node, Apply):
        return values[node]
    return float(_OPERATIONS[node.operation](*(evaluate(one, values) for one in node.arguments)))


def _divided(a: float, b: float) -> float:
    """Divide as IEEE 754 does."""
    if b != 0.0:
        return a / b
    if a == 0.0 or math.isnan(a) or math.isnan(b):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


_OPERATIONS: Final[Mapping[str, Callable[..., float]]] = {
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "and": lambda *all_of: all(all_of),
    "or": lambda *any_of: any(any_of),
    "not": lambda a: not a,
    "same": lambda a, b: a == b,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": _divided,
    "min": lambda a, b: a if a < b else b,
    "max": lambda a, b: a if a > b else b,
    "neg": lambda a: -a,
    "abs": abs,
    "hour": lambda t: math.floor((t - math.floor(t / 86_400.0) * 86_400.0) / 3_600.0),
    "weekday": lambda t: (math.floor(t / 86_400.0) + 3) % 7 + 1,
    "where": lambda chosen, a, b: a if chosen else b,
}
