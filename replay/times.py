"""Converts a column of times in any format to seconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6}


def seconds_of(array: pa.Array, unit: str, form: str | None) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Convert times to seconds since 1970; times without a zone are UTC.

    Args:
        array: The column (n,).
        unit: Unit of numbers: s, ms or us.
        form: Format of texts, as strptime defines it; ISO 8601 where None.

    Returns:
        Seconds, float64 (n,), and where a value is no time of this format, bool (n,).
    """
    if pa.types.is_string(array.type) and form is None and _digits(array):
        array = pc.cast(array, pa.float64())
    if pa.types.is_string(array.type):
        return _texts(array, form)
    if pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
        kind = "us" if getattr(array.type, "unit", "us") == "ns" else getattr(array.type, "unit", "s")
        ticks = pc.cast(pc.cast(array, pa.timestamp(kind), safe=False), pa.int64())
        return _divided(ticks, kind)
    return _divided(array, unit)


def _divided(ticks: pa.Array, unit: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Divide once, like the decoder of live messages, so that results are equal to the bit."""
    values = pc.fill_null(pc.cast(ticks, pa.float64(), safe=False), np.nan).to_numpy(zero_copy_only=False)
    seconds = np.asarray(values) / _PER_SECOND[unit]
    return seconds, ~np.isfinite(seconds)


def _digits(array: pa.Array) -> bool:
    matched = pc.match_substring_regex(array, r"^\d+(\.\d+)?$")
    return array.null_count == 0 and bool(pc.all(matched).as_py())


def _texts(array: pa.Array, form: str | None) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Convert all texts at once where Arrow can; else one by one, to find the invalid ones."""
    try:
        if form is None:
            ticks = pc.cast(pc.cast(array, pa.timestamp("us")), pa.int64())
        else:
            ticks = pc.cast(pc.strptime(array, form, "us"), pa.int64())
        return _divided(ticks, "us")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        seconds = np.array([_one(value, form) for value in array.to_pylist()])
        return seconds, np.isnan(seconds)


def _one(value: str | None, form: str | None) -> float:
    try:
        when = datetime.fromisoformat(value or "") if form is None else datetime.strptime(value or "", form)
    except ValueError:
        return float("nan")
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
