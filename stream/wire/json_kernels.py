"""Kernels that write JSON values into a byte array; each returns the position after the value."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.compiling import short_kernel

MOST_BYTES_PER_NUMBER: Final = 24
# A byte of a string can become six: \u00XX.
MOST_BYTES_PER_BYTE: Final = 6

_QUOTE: Final = ord('"')
_BACKSLASH: Final = ord("\\")
_ZERO: Final = ord("0")
_HEX: Final = np.frombuffer(b"0123456789abcdef", np.uint8)


@short_kernel
def put_bytes(out: NDArray[np.uint8], at: int, text: NDArray[np.uint8]) -> int:
    for i in range(len(text)):
        out[at + i] = text[i]
    return at + len(text)


@short_kernel
def put_string(out: NDArray[np.uint8], at: int, text: NDArray[np.uint8], start: int, end: int) -> int:
    """A quoted JSON string of UTF-8 bytes (RFC 8259, section 7)."""
    out[at] = _QUOTE
    at += 1
    for i in range(start, end):
        byte = text[i]
        if byte in (_QUOTE, _BACKSLASH):
            out[at] = _BACKSLASH
            out[at + 1] = byte
            at += 2
        elif byte < 0x20:
            out[at] = _BACKSLASH
            out[at + 1] = ord("u")
            out[at + 2] = _ZERO
            out[at + 3] = _ZERO
            out[at + 4] = _HEX[byte >> 4]
            out[at + 5] = _HEX[byte & 15]
            at += 6
        else:
            out[at] = byte
            at += 1
    out[at] = _QUOTE
    return at + 1


@short_kernel
def put_integer(out: NDArray[np.uint8], at: int, value: int) -> int:
    if value < 0:
        out[at] = ord("-")
        return put_integer_unsigned(out, at + 1, -value)
    return put_integer_unsigned(out, at, value)


@short_kernel
def put_integer_unsigned(out: NDArray[np.uint8], at: int, value: int) -> int:
    digits = 1
    power = 10
    while digits < 18 and value >= power:
        digits += 1
        power *= 10
    for i in range(digits - 1, -1, -1):
        out[at + i] = _ZERO + value % 10
        value //= 10
    return at + digits


@short_kernel
def put_fixed(out: NDArray[np.uint8], at: int, value: float, decimals: int) -> int:
    """A number with `decimals` places, rounded half up; values from -9e11 to 9e11 at six places."""
    scale = 1
    for _ in range(decimals):
        scale *= 10
    if value < 0.0:
        out[at] = ord("-")
        at += 1
        value = -value
    units = int(value * scale + 0.5)
    at = put_integer_unsigned(out, at, units // scale)
    out[at] = ord(".")
    at += 1
    rest = units % scale
    for i in range(decimals - 1, -1, -1):
        out[at + i] = _ZERO + rest % 10
        rest //= 10
    return at + decimals


@short_kernel
def put_share(out: NDArray[np.uint8], at: int, surprise: float) -> int:
    """`10 ** -surprise`, a share between 0 and 1, as d.ddde-d with four significant digits."""
    exponent = int(np.ceil(surprise))
    mantissa = 10.0 ** (exponent - surprise)
    if mantissa >= 9.9995:
        mantissa /= 10.0
        exponent -= 1
    at = put_fixed(out, at, mantissa, 3)
    out[at] = ord("e")
    return put_integer(out, at + 1, -exponent)
