"""Read times such as 2018-04-01T00:00:31.25+02:00."""

from __future__ import annotations

import numpy as np

from features.byte_strings import Bytes, Index
from features.compiling import kernel
from features.json_grammar import COLON, MINUS, POINT, ZERO, is_digit
from features.pointers import Pointer, pointer_to

_PLUS, _SPACE, _T, _Z, _LOWER_CASE = 43, 32, 116, 122, 32
_WHOLE = 19  # bytes up to the seconds
_MOST_DECIMALS = 9
_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3_600, 60
_MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_NO_NUMBER = -1


@kernel
def iso8601_at(text: Pointer, start: Index, end: Index) -> float:
    """Return the time in `text[start:end]` in seconds since 1970, NaN if it is not a time.

    Date, `T` or a space, time to the second, up to nine decimals, then `Z`, an offset (+02:00, +0200, +02) or
    nothing, which means UTC. Years 1970 to 9999; no leap second.
    """
    day = _days_at(text, start, end)
    if day == _NO_NUMBER or end - start < _WHOLE:
        return np.nan
    second = _second_of_day(text, start + 11)
    if second == _NO_NUMBER or not (text[start + 10] == _SPACE or text[start + 10] | _LOWER_CASE == _T):
        return np.nan
    fraction, at = _fraction_at(text, start + _WHOLE, end)
    offset = _offset_at(text, at, end)
    return (day * _DAY_S + second) - offset + fraction


@kernel
def _number(text: Pointer, at: Index, width: int, highest: int) -> Index:
    value = np.int64(0)
    for k in range(width):
        if not is_digit(text[at + k]):
            return _NO_NUMBER
        value = value * 10 + (np.int64(text[at + k]) - ZERO)
    return value if value <= highest else _NO_NUMBER


@kernel
def _days_at(text: Pointer, at: Index, end: Index) -> Index:
    """Days since 1970 of a date like 2018-04-01, or _NO_NUMBER."""
    if end - at < 10 or text[at + 4] != MINUS or text[at + 7] != MINUS:
        return _NO_NUMBER
    year = _number(text, at, 4, 9999)
    month = _number(text, at + 5, 2, 12)
    day = _number(text, at + 8, 2, 31)
    if year < 1970 or month < 1 or day < 1:
        return _NO_NUMBER
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if day > _MONTH_DAYS[month - 1] + (1 if leap and month == 2 else 0):
        return _NO_NUMBER
    before = year - 1  # the last year that is complete
    days = 365 * (year - 1970) + (before // 4 - before // 100 + before // 400) - 477
    for m in range(month - 1):
        days += _MONTH_DAYS[m]
    return days + (1 if leap and month > 2 else 0) + day - 1


@kernel
def _second_of_day(text: Pointer, at: Index) -> Index:
    hour = _number(text, at, 2, 23)
    minute = _number(text, at + 3, 2, 59)
    second = _number(text, at + 6, 2, 59)
    if text[at + 2] != COLON or text[at + 5] != COLON or min(hour, minute, second) == _NO_NUMBER:
        return _NO_NUMBER
    return hour * _HOUR_S + minute * _MINUTE_S + second


@kernel
def _fraction_at(text: Pointer, at: Index, end: Index) -> tuple[float, Index]:
    """The decimals of the second and where they end; NaN if a point is followed by none or by too many."""
    if at >= end or text[at] != POINT:
        return 0.0, at
    digits, scale, first = np.int64(0), 1, at + 1
    at = first
    while at < end and is_digit(text[at]) and at - first < _MOST_DECIMALS:
        digits, scale = digits * 10 + (np.int64(text[at]) - ZERO), scale * 10
        at += 1
    return (digits / scale if at > first else np.nan), at


@kernel
def _offset_at(text: Pointer, at: Index, end: Index) -> float:
    """Seconds that local time is ahead of UTC, or NaN; the offset must be the last thing."""
    if at == end or (at + 1 == end and text[at] | _LOWER_CASE == _Z):
        return 0.0
    width = end - at
    if width not in (3, 5, 6) or not (text[at] == _PLUS or text[at] == MINUS):
        return np.nan
    if width == 6 and text[at + 3] != COLON:
        return np.nan
    hours = _number(text, at + 1, 2, 23)
    minutes = _number(text, end - 2, 2, 59) if width > 3 else 0
    if min(hours, minutes) == _NO_NUMBER:
        return np.nan
    seconds = float(hours * _HOUR_S + minutes * _MINUTE_S)
    return seconds if text[at] == _PLUS else -seconds


@kernel
def iso8601_of(buffer: Bytes) -> float:
    """As `iso8601_at`, of a whole buffer."""
    return iso8601_at(pointer_to(buffer), 0, len(buffer))
