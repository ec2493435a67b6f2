"""Event time on the clocks of a time zone, for many rows at once."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from rules.errors import RuleError
from rules.kernels import Numbers

_FIRST, _LAST, _STEP = 946_684_800, 4_102_444_800, 86_400  # years 2000 to 2100: the range of event times
UTC_NAME: Final = "UTC"


def local_seconds(time: Numbers, zone: str) -> Numbers:
    """Return times plus the zone's difference from UTC, float64 (n,).

    Raises:
        RuleError: There is no such time zone.
    """
    if zone == UTC_NAME:
        return time
    since, offsets = _changes(zone)
    return time + offsets[np.maximum(np.searchsorted(since, time, side="right") - 1, 0)]


def check_zone(zone: str) -> None:
    """Check that there is such a time zone. Raises RuleError."""
    _zone(zone)


@lru_cache(maxsize=64)
def _changes(zone: str) -> tuple[Numbers, Numbers]:
    """Return when the zone's difference from UTC changes, and the difference from then on, in seconds."""
    clock = _zone(zone)
    days = range(_FIRST, _LAST, _STEP)
    offsets = [_offset(clock, day) for day in days]
    since, found = [float(_FIRST)], [offsets[0]]
    for day, before, after in zip(days, offsets, offsets[1:], strict=False):
        if before != after:
            since.append(float(_change_between(clock, day, day + _STEP)))
            found.append(after)
    return np.array(since), np.array(found)


def _change_between(clock: ZoneInfo, low: int, high: int) -> int:
    """Return the first second at which the difference is that of `high`."""
    after = _offset(clock, high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _offset(clock, middle) == after else (middle, high)
    return high


def _offset(clock: ZoneInfo, second: int) -> float:
    offset = datetime.fromtimestamp(second, UTC).astimezone(clock).utcoffset()
    return offset.total_seconds() if offset else 0.0


def _zone(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise RuleError(f"no time zone {zone!r}; allowed are names such as UTC and Europe/Berlin") from None
