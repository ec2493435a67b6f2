"""Elementary functions that give the same bits on every machine.

A C library picks its `exp` and `log` by the processor it finds, and two workers may then differ in the last bit
of a score. These use additions, multiplications, divisions and square roots alone, each rounded as IEEE 754
fixes it, in a fixed order. Error: below 2 units in the last place of a float64.
"""

from __future__ import annotations

import numpy as np

from features.compiling import inlined

_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_LOG2_E = 1.44269504088896338700
_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD  # sqrt(1/2) as the bits of a float64
# Multiplying by 2**-k needs a normal exponent; below it a decayed sum is nothing anyway.
_MOST_HALVINGS = 1021


@inlined
def exp_negative(x: float) -> float:
    """exp(-x) for x >= 0; exactly 1 at 0, and 0 from x of about 708 on."""
    k = np.int64(x * _LOG2_E + 0.5)
    if k > _MOST_HALVINGS:
        return 0.0
    r = -((x - k * _LN2_HIGH) - k * _LN2_LOW)  # |r| <= ln(2) / 2, where 13 terms of the series suffice
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
    return p * np.int64((1023 - k) << 52).view(np.float64)


@inlined
def log(x: float) -> float:
    """Natural logarithm of a normal x > 0.

    Source: fdlibm, e_log.c: log(1 + f) by s = f / (2 + f) and a minimax polynomial in s**2.
    """
    bits = np.float64(x).view(np.int64)
    k = (bits - _ROOT_HALF_BITS) >> 52
    m = np.int64(bits - (k << 52)).view(np.float64)  # sqrt(1/2) <= m < sqrt(2), and x = m * 2**k
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
    """log(1 + x) for x >= 0, to an absolute error of 1e-16: enough for a feature, not for a tiny difference."""
    return log(1.0 + x)


@inlined
def asinh(x: float) -> float:
    """Inverse hyperbolic sine for |x| below 1e150: linear near 0, logarithmic far out."""
    size = abs(x)
    y = log(size + np.sqrt(size * size + 1.0))
    return y if x >= 0.0 else -y
