"""Converts columns of times in any format to seconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from replay.mapping import Mapping
from replay.values import texts

# Numbers are divided or multiplied once, like in the decoder of live messages, to be equal to the bit.
_PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6}
_SECONDS = {"minutes": 60.0, "hours": 3_600.0, "days": 86_400.0}


def event_times(batch: pa.RecordBatch, mapping: Mapping) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the event times of rows; times without a zone are in the mapping's zone, else in UTC.

    Args:
        batch: n rows with the columns of time.
        mapping: Names the columns of time, their unit, format and zone.

    Returns:
        Seconds since 1970, float64 (n,), and where a value is no time of this format, bool (n,).
    """
    array = batch[mapping.time]
    if mapping.time_of_day is not None:
        if pa.types.is_timestamp(array.type):
            array = pc.cast(array, pa.date32())
        day, clock = (pc.cast(texts(a), pa.string()) for a in (array, batch[mapping.time_of_day]))
        array = pc.binary_join_element_wise(day, clock, " ")
    elif mapping.time_format is not None and not pa.types.is_temporal(array.type):
        array = texts(array)
    if pa.types.is_large_string(array.type):
        array = pc.cast(array, pa.string())
    if pa.types.is_string(array.type) and mapping.time_format is None and _digits(array):
        array = pc.cast(array, pa.float64())
    if pa.types.is_string(array.type):
        return _texts(array, mapping)
    if pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
        return _timestamps(array, mapping)
    return _numbers(array, mapping)


def _numbers(array: pa.Array, mapping: Mapping) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    values = _floats(array)
    unit = mapping.time_unit
    seconds = values / _PER_SECOND[unit] if unit in _PER_SECOND else values * _SECONDS[unit]
    if mapping.time_start is not None:
        seconds = seconds + _in_zone(mapping.time_start, mapping).timestamp()
    return seconds, ~np.isfinite(seconds)


def _timestamps(array: pa.Array, mapping: Mapping) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    unit = getattr(array.type, "unit", "s") if pa.types.is_timestamp(array.type) else "s"
    unit = "us" if unit == "ns" else unit
    zone = getattr(array.type, "tz", None)
    array = pc.cast(array, pa.timestamp(unit, zone), safe=False)
    if zone is None and mapping.time_zone is not None:
        # An hour that occurs twice is the earlier one; an hour that is left out moves behind the gap.
        array = pc.assume_timezone(array, mapping.time_zone, ambiguous="earliest", nonexistent="latest")
    seconds = _floats(pc.cast(array, pa.int64())) / _PER_SECOND[unit]
    return seconds, ~np.isfinite(seconds)


def _floats(array: pa.Array) -> NDArray[np.float64]:
    filled = pc.fill_null(pc.cast(array, pa.float64(), safe=False), np.nan)
    return np.asarray(filled.to_numpy(zero_copy_only=False))


def _digits(array: pa.Array) -> bool:
    matched = pc.match_substring_regex(array, r"^\d+(\.\d+)?$")
    return array.null_count == 0 and bool(pc.all(matched).as_py())


def _texts(array: pa.Array, mapping: Mapping) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Convert all texts at once where Arrow can; else one by one, to find the invalid ones."""
    form = mapping.time_format
    try:
        if form is None:
            return _timestamps(pc.cast(array, pa.timestamp("us")), mapping)
        return _timestamps(pc.strptime(array, form, "us"), mapping)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        seconds = np.array([_one(value, mapping) for value in array.to_pylist()])
        return seconds, np.isnan(seconds)


def _one(value: str | None, mapping: Mapping) -> float:
    form = mapping.time_format
    try:
        when = datetime.fromisoformat(value or "") if form is None else datetime.strptime(value or "", form)
    except ValueError:
        return float("nan")
    return _in_zone(when, mapping).timestamp()


def _in_zone(when: datetime, mapping: Mapping) -> datetime:
    zone = ZoneInfo(mapping.time_zone) if mapping.time_zone else UTC
    return when if when.tzinfo else when.replace(tzinfo=zone)
