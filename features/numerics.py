"""Elementary functions that give the same bits on every machine.

A C library chooses its `exp` and `log` by processor, so two workers could differ in the last bit of a score.
These functions use only additions, multiplications, divisions and square roots in a fixed order, each rounded
as IEEE 754 defines. They have no branches, so loops over them compute several numbers at a time. Error: below
two units in the last place of a float64.
"""

from __future__ import annotations

import numpy as np

from features.compiling import inlined

_LN2_HIGH = 6.93147180369123816490e-01  # its lowest bits are 0, so that times a small integer it is exact
_LN2_LOW = 1.90821492927058770002e-10
_LOG2_E = 1.44269504088896338700
_MOST_DECAY = 700.0  # exp(-700) is 1e-304, which counts as 0
# Added to a small number, it leaves that number rounded to an integer in the lowest bits.
_TO_INTEGER = 6755399441055744.0  # 1.5 * 2**52
_TO_INTEGER_BITS = np.uint64(0x4338000000000000)
_INTEGER = 4503599627370496.0  # 2**52, whose lowest bits are free for an integer below it
_INTEGER_BITS = np.uint64(0x4330000000000000)
_ONE_BITS = np.uint64(0x3FF0000000000000)
_ROOT_HALF_BITS = np.uint64(0x3FE6A09E667F3BCD)  # of sqrt(1/2)
_MANTISSA = np.uint64(52)


@inlined
def exp_negative(x: float) -> float:
    """exp(-x) for x >= 0: exactly 1 at 0, and 0 beyond 700.

    x = k ln 2 - r with |r| <= ln(2) / 2, then 13 terms of the series of exp(r), and 2**-k by its bits.
    """
    capped = x if x < _MOST_DECAY else _MOST_DECAY
    shifted = np.float64(capped * _LOG2_E + _TO_INTEGER)
    k = shifted - _TO_INTEGER
    r = k * _LN2_LOW - (capped - k * _LN2_HIGH)
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    power = np.uint64(_ONE_BITS - ((shifted.view(np.uint64) - _TO_INTEGER_BITS) << _MANTISSA))
    return p * power.view(np.float64) if x <= _MOST_DECAY else 0.0


@inlined
def log(x: float) -> float:
    """Natural logarithm of x >= 1.

    x = m * 2**k with sqrt(1/2) <= m < sqrt(2), and log(m) by a polynomial in (m - 1) / (m + 1).
    Source: fdlibm, e_log.c.
    """
    bits = np.float64(x).view(np.uint64)
    exponent = (bits - _ROOT_HALF_BITS) >> _MANTISSA
    k = np.uint64(exponent | _INTEGER_BITS).view(np.float64) - _INTEGER
    m = np.uint64(bits - (exponent << _MANTISSA)).view(np.float64)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    p = 1.479819860511658591e-01
    p = p * z + 1.531383769920937332e-01
    p = p * z + 1.818357216161805012e-01
    p = p * z + 2.222219843214978396e-01
    p = p * z + 2.857142874366239149e-01
    p = p * z + 3.999999999940941908e-01
    p = p * z + 6.666666666666735130e-01
    half = 0.5 * f * f
    return k * _LN2_HIGH - ((half - (s * (half + p * z) + k * _LN2_LOW)) - f)


@inlined
def log1p(x: float) -> float:
    """log(1 + x) for x >= 0, to an absolute error of 2e-16: enough for a feature."""
    return log(1.0 + x)
