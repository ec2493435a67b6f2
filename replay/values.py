"""Converts columns of any type to texts or numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from replay.mapping import LabelValue


def texts(array: pa.Array) -> pa.Array:
    """Return a column as text, large_string (n,); whole numbers get no decimal point, nulls stay."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_floating(array.type):
        whole = pc.all(pc.equal(array, pc.floor(array))).as_py()
        array = pc.cast(array, pa.int64()) if whole else array
    return pc.cast(array, pa.large_string())


def text_of(value: LabelValue) -> str:
    """Return a value of the mapping as `texts` writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def numbers(array: pa.Array) -> NDArray[np.float64]:
    """Return a column as float64 (n,), also from text; NaN where a value is no number."""
    if pa.types.is_string(array.type):
        plain = pc.match_substring_regex(
            pc.utf8_trim_whitespace(array), r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
        )
        array = pc.if_else(plain, pc.utf8_ltrim(pc.utf8_trim_whitespace(array), "+"), None)
    return np.asarray(pc.fill_null(pc.cast(array, pa.float64()), np.nan).to_numpy(zero_copy_only=False))
