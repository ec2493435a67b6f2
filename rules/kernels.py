"""Runs a program over a batch: each instruction is one loop over all rows, so a rule costs a few loops.

Registers are rows of two matrices: numbers as float64, truths as uint8. Comparisons with NaN are false, but
`!=` is true; a division by zero gives infinity or NaN, as IEEE 754 defines. So every result is defined, and a
row's result is the same to the bit in any batch.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.compiling import inlined, kernel
from features.numerics import exp_negative
from features.windows import DAY_S, HOUR_S
from rules.opcodes import (
    ABS,
    ADD,
    AND,
    DIV,
    EQ,
    EQ_C,
    FILL,
    FILL_TRUTH,
    GE,
    GE_C,
    GT,
    GT_C,
    HOUR,
    LE,
    LE_C,
    LT,
    LT_C,
    MAX,
    MIN,
    MUL,
    NE_C,
    NEG,
    NOT,
    OR,
    SUB,
    WEEKDAY,
    WHERE,
)

Numbers = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Truths = npt.NDArray[np.uint8]
Code = npt.NDArray[np.int32]

COUNT, TIMES, DEVIATIONS, HOURS = range(1, 5)
_DECIMALS = 1e4  # features are float32 of a logarithm; four decimals make the logarithm of 4 exactly 3 again
_THURSDAY = 4.0  # ISO 8601, from 1 for Monday; 1970-01-01 was one
_NOVELTY_AT = 7.67832635650689  # log1p(90 * 24): a novelty of 1 is 90 days


@kernel
def run(code: Code, constants: Numbers, numbers: Numbers, truths: Truths) -> None:
    """Run a program.

    Args:
        code: int32 (k, 4): operation, register to write, registers to read.
        constants: float64 (k,), the constant of each instruction.
        numbers: Registers float64 (r, n); the first hold the inputs.
        truths: Registers uint8 (s, n); the first hold the inputs.
    """
    for k in range(len(code)):
        op, to, a, b = code[k]
        if op <= NE_C:
            _compare_with_constant(op, numbers[a], constants[k], truths[to])
        elif op < AND:
            _compare(op, numbers[a], numbers[b], truths[to])
        elif op <= FILL_TRUTH:
            _logic(op, truths[a], truths[b], constants[k], truths[to])
        elif op <= MAX:
            _two_numbers(op, numbers[a], numbers[b], numbers[to])
        elif op <= FILL:
            _one_number(op, numbers[a], constants[k], numbers[to])
        elif op == WHERE:
            _where(truths[a], numbers[b], numbers[np.int64(constants[k])], numbers[to])


@kernel
def _compare_with_constant(op: int, x: Numbers, c: float, out: Truths) -> None:
    if op == LT_C:
        for i in range(len(x)):
            out[i] = x[i] < c
    elif op == LE_C:
        for i in range(len(x)):
            out[i] = x[i] <= c
    elif op == GT_C:
        for i in range(len(x)):
            out[i] = x[i] > c
    elif op == GE_C:
        for i in range(len(x)):
            out[i] = x[i] >= c
    else:
        _same_as_constant(op, x, c, out)


@kernel
def _same_as_constant(op: int, x: Numbers, c: float, out: Truths) -> None:
    if op == EQ_C:
        for i in range(len(x)):
            out[i] = x[i] == c
    else:
        for i in range(len(x)):
            out[i] = x[i] != c


@kernel
def _compare(op: int, x: Numbers, y: Numbers, out: Truths) -> None:
    for i in range(len(x)):
        if op == LT:
            out[i] = x[i] < y[i]
        elif op == LE:
            out[i] = x[i] <= y[i]
        elif op == GT:
            out[i] = x[i] > y[i]
        elif op == GE:
            out[i] = x[i] >= y[i]
        elif op == EQ:
            out[i] = x[i] == y[i]
        else:
            out[i] = x[i] != y[i]


@kernel
def _logic(op: int, x: Truths, y: Truths, c: float, out: Truths) -> None:
    if op == AND:
        for i in range(len(out)):
            out[i] = x[i] & y[i]
    elif op == OR:
        for i in range(len(out)):
            out[i] = x[i] | y[i]
    elif op == NOT:
        for i in range(len(out)):
            out[i] = x[i] ^ 1
    elif op == FILL_TRUTH:
        out[:] = c != 0.0
    else:
        for i in range(len(out)):
            out[i] = x[i] == y[i]


@kernel
def _two_numbers(op: int, x: Numbers, y: Numbers, out: Numbers) -> None:
    for i in range(len(out)):
        if op == ADD:
            out[i] = x[i] + y[i]
        elif op == SUB:
            out[i] = x[i] - y[i]
        elif op == MUL:
            out[i] = x[i] * y[i]
        elif op == DIV:
            out[i] = x[i] / y[i]
        elif op == MIN:
            out[i] = x[i] if x[i] < y[i] else y[i]
        else:
            out[i] = x[i] if x[i] > y[i] else y[i]


@kernel
def _one_number(op: int, x: Numbers, c: float, out: Numbers) -> None:
    for i in range(len(out)):
        if op == NEG:
            out[i] = -x[i]
        elif op == ABS:
            out[i] = abs(x[i])
        elif op == HOUR:
            out[i] = np.floor((x[i] - np.floor(x[i] / DAY_S) * DAY_S) / HOUR_S)
        elif op == WEEKDAY:
            day = np.floor(x[i] / DAY_S) + _THURSDAY - 1.0
            out[i] = day - np.floor(day / 7.0) * 7.0 + 1.0
        else:
            out[i] = c


@kernel
def _where(chosen: Truths, x: Numbers, y: Numbers, out: Numbers) -> None:
    for i in range(len(out)):
        out[i] = x[i] if chosen[i] else y[i]


@kernel
def natural(feature: Singles, unit: int, out: Numbers) -> None:
    """Write a feature in the unit that people know, float64 (n,); see `typed.Unit`."""
    for i in range(len(feature)):
        x = np.float64(feature[i])
        if unit == COUNT:
            out[i] = _rounded(_exp(x) - 1.0)
        elif unit == TIMES:
            out[i] = _rounded(_exp(x))
        elif unit == DEVIATIONS:
            out[i] = _rounded((_exp(x) - _exp(-x)) * 0.5)
        elif unit == HOURS:
            out[i] = _rounded(_exp(x * _NOVELTY_AT) - 1.0)
        else:
            out[i] = x


@kernel
def gather(features: Singles, columns: Code, units: Code, registers: Code, numbers: Numbers) -> None:
    """Write features into registers, in their units.

    Args:
        features: float32 (n, d).
        columns: int32 (k,), columns of the features.
        units: int32 (k,); 0 leaves a feature as it is.
        registers: int32 (k,), rows of `numbers` to write.
        numbers: Registers float64 (r, n).
    """
    for k in range(len(columns)):
        to, column = numbers[registers[k]], columns[k]
        if units[k] == 0:
            for i in range(len(to)):
                to[i] = features[i, column]
        else:
            natural(features[:, column], units[k], to)


@inlined
def _exp(x: float) -> float:
    return exp_negative(-x) if x <= 0.0 else 1.0 / exp_negative(x)


@inlined
def _rounded(x: float) -> float:
    rounded: float = np.rint(x * _DECIMALS) / _DECIMALS
    return rounded
