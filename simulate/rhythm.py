"""Rhythms of payments: a weight for each hour of the week."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

DAY_S, HOUR_S = 86_400.0, 3_600.0
HOURS = 168
_FIRST_MONDAY_S = 4 * DAY_S  # 1970-01-05

# Kinds of people: their share, and the hour, width and weight of each daily peak.
_KINDS = (
    (0.50, ((12.5, 1.3, 1.0), (18.0, 2.2, 1.6), (8.0, 1.0, 0.5))),  # at work by day
    (0.30, ((10.5, 2.5, 1.4), (16.0, 2.5, 1.2))),  # at home by day
    (0.15, ((14.0, 2.5, 0.8), (21.0, 2.6, 1.6))),  # out in the evening
    (0.05, ((23.5, 3.0, 1.0), (5.5, 2.0, 0.7), (15.0, 2.5, 0.7))),  # on shifts
)
KIND_SHARES = np.array([share for share, _ in _KINDS])
_ALWAYS = 0.02  # minimum weight at any hour, relative to a peak
_DAY_FACTORS = np.array([0.93, 0.93, 0.96, 1.0, 1.17, 1.21, 0.80])  # Monday to Sunday


def _week(peaks: tuple[tuple[float, float, float], ...]) -> npt.NDArray[np.float64]:
    hour = np.arange(24) + 0.5
    day = np.full(24, _ALWAYS)
    for at, width, weight in peaks:
        away = np.abs(hour - at)
        away = np.minimum(away, 24.0 - away)
        day = day + weight * np.exp(-0.5 * (away / width) ** 2)
    return np.outer(_DAY_FACTORS, day / day.mean()).ravel()


WEEKS = np.stack([_week(peaks) for _, peaks in _KINDS])  # (kinds, 168), mean about 1


def hour_of_week(time: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the whole hours since Monday 0:00 UTC, 0 to 167."""
    return ((time - _FIRST_MONDAY_S) // HOUR_S).astype(np.int64) % HOURS


def hour_of_day(time: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the hours since midnight UTC, 0 to 24."""
    return time % DAY_S / HOUR_S


def times_between(
    rng: np.random.Generator, kind: int, rate: float, start: float, end: float
) -> npt.NDArray[np.float64]:
    """Draw unsorted times of payments from `start` to `end`, of people of one kind at `rate` a second."""
    edges = np.append(np.arange(start // HOUR_S * HOUR_S, end, HOUR_S), end)
    edges[0] = start
    expected = rate * np.diff(edges) * WEEKS[kind, hour_of_week(edges[:-1])]
    counts = rng.poisson(expected)
    hour = np.repeat(np.arange(len(counts)), counts)
    return edges[hour] + rng.random(len(hour)) * np.diff(edges)[hour]
