"""Guesses how a column of times is written, and returns lines of a mapping with the evidence."""

from __future__ import annotations

import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from replay.column_evidence import ColumnEvidence
from replay.mapping import Mapping
from replay.times import event_times
from replay.values import texts

_RATIO_OF_MS, _RATIO_OF_US = 1e11, 1e14  # seconds since 1970 stay below the first until the year 5138
_FIRST_ABSOLUTE = 946_684_800.0  # 2000-01-01, the earliest event time that is scored
_SAMPLE_ROWS = 2_000
_DATES = (
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%Y%m%d", "%d-%b-%Y",
    "%d %b %Y", "%d%b%Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y",
)  # fmt: skip
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H:%M:%S.%f", "%H%M%S")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?")
_UNITS = {  # unit by words in the name of a column of relative times
    "hours": r"(^|_)(h|hours?|hrs?|step)($|_)",
    "minutes": r"(^|_)(min|mins|minutes?)($|_)",
    "days": r"(^|_)(d|days?|dt_day)($|_)",
    "ms": r"(^|_)(ms|millis)($|_)",
}


def clock_column(head: pa.RecordBatch, found: list[str]) -> str | None:
    """Return a column that holds times of day, None where there is none."""
    for name in head.schema.names:
        array = head[name]
        if name in found or not len(array):
            continue
        if pa.types.is_time(array.type):
            return str(name)
        if pa.types.is_string(array.type):
            values = [value for value in array[:_SAMPLE_ROWS].to_pylist() if value]
            if values and all(_CLOCK.fullmatch(value) for value in values):
                return str(name)
    return None


def time_lines(head: pa.RecordBatch, column: ColumnEvidence, clock: str | None) -> list[str]:
    """Return the lines of a mapping that say how the time column is written."""
    array = head[column.name]
    if column.is_number and not _is_compact(column):
        return _number_lines(column)
    if clock is None and (pa.types.is_timestamp(array.type) or pa.types.is_date(array.type)):
        return [f"# dates and times of the file's own type: {column.words()}", *_zone_lines(array.type)]
    return _text_lines(head, column, clock)


def _is_compact(column: ColumnEvidence) -> bool:
    """Return whether numbers are dates such as 20240105."""
    return column.is_whole and column.low >= 19_900_101 and column.high <= 21_001_231 and column.distinct > 1


def _number_lines(column: ColumnEvidence) -> list[str]:
    if column.high >= _FIRST_ABSOLUTE:
        unit = "s" if column.high < _RATIO_OF_MS else "ms" if column.high < _RATIO_OF_US else "us"
        return [f"time_unit = {json.dumps(unit)}  # numbers up to {column.high:,.0f}"]
    named = [unit for unit, words in _UNITS.items() if re.search(words, column.name, re.IGNORECASE)]
    return [
        f"# guess: numbers from a start that the file does not name; {column.words()}",
        f"time_unit = {json.dumps(named[0] if named else 's')}  # us, ms, s, minutes, hours or days",
        "time_start = 2024-01-01T00:00:00Z  # fill in the true start: hours and weekdays depend on it",
    ]


def _zone_lines(kind: pa.DataType) -> list[str]:
    if getattr(kind, "tz", None) is not None:
        return []
    return ['# time_zone = "Europe/Berlin"  # fill in if times are local; without it they are UTC']


def _text_lines(head: pa.RecordBatch, column: ColumnEvidence, clock: str | None) -> list[str]:
    lines = [f"time_of_day = {json.dumps(clock)}"] if clock else []
    sample = head.slice(0, _SAMPLE_ROWS)
    if fits := _fitting(sample, Mapping(id="", amount="", time=column.name, time_of_day=clock)):
        return [*lines, "# times are ISO 8601", *([] if fits == "zoned" else _zone_lines(pa.string()))]
    joined = list(_CLOCKS) if clock else [*_CLOCKS, ""]
    forms = [f"{date}{between}{time}" for date in _DATES for time in joined for between in (" ", "T", "")]
    forms = [form.rstrip(" T") for form in dict.fromkeys(forms)]
    read = {form: _seconds(sample, column.name, clock, form) for form in forms}
    good = {form: _disorder(seconds) for form, seconds in read.items() if seconds is not None}
    if not good:
        return [
            *lines,
            f'# fill in: time_format = "..." as strptime defines it; {column.words()}',
            *_zone_lines(pa.string()),
        ]
    best, *other = sorted(good, key=lambda form: good[form])
    doubt = f"  # guess: {json.dumps(other[0])} fits too" if other else ""
    return [*lines, f"time_format = {json.dumps(best)}{doubt}", *_zone_lines(pa.string())]


def _fitting(sample: pa.RecordBatch, mapping: Mapping) -> str:
    """Return "zoned" or "local" where all values are ISO 8601, else nothing."""
    _, wrong = event_times(sample, mapping)
    if wrong.any():
        return ""
    ends = pc.match_substring_regex(texts(sample[mapping.time]), r"(Z|[+-]\d\d:?\d\d)$")
    return (
        "zoned"
        if mapping.time_of_day is None and pc.all(ends).as_py() and _has_clock(sample, mapping)
        else "local"
    )


def _has_clock(sample: pa.RecordBatch, mapping: Mapping) -> bool:
    return bool(pc.all(pc.match_substring(texts(sample[mapping.time]), ":")).as_py())


def _seconds(sample: pa.RecordBatch, time: str, clock: str | None, form: str) -> NDArray[np.float64] | None:
    """Return the seconds of all rows, None if one of them is not in this format."""
    mapping = Mapping(id="", amount="", time=time, time_of_day=clock, time_format=form)
    if event_times(sample.slice(0, 3), mapping)[1].any():  # most formats end here
        return None
    seconds, wrong = event_times(sample, mapping)
    return None if wrong.any() else seconds


def _disorder(seconds: NDArray[np.float64]) -> tuple[bool, float]:
    """Return what is smaller for a likelier format: whether rows are out of order, and their span."""
    return bool(np.any(np.diff(seconds) < 0)), float(np.ptp(seconds))
