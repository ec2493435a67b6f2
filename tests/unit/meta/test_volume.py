"""The rest of a day is forecast from the same hours of the days before."""

from __future__ import annotations

import numpy as np
import pytest

from meta.volume import DAY_S, rest_of_period

START = 2_000 * DAY_S


def rest(
    times: np.ndarray[tuple[int], np.dtype[np.float64]], hour: float, rows: float, scale: float = 1.0
) -> float:
    return rest_of_period(times, scale, start=START, now=START + hour * 3_600.0, end=START + DAY_S, rows=rows)


def test_the_first_day_continues_at_its_own_pace() -> None:
    today = START + np.linspace(0.0, 6 * 3_600.0, 100)
    assert rest(today, 6.0, rows=100.0) == pytest.approx(300.0)


def test_quiet_nights_are_known_from_the_days_before() -> None:
    """All payments of the days before came in the morning, so nothing is left at noon."""
    mornings = np.concatenate([START - day * DAY_S + np.linspace(0, 40_000, 500) for day in range(1, 9)])
    assert rest(np.r_[mornings, START + 43_000.0], 12.0, rows=500.0) == pytest.approx(0.0, abs=1.0)
    assert rest(np.r_[mornings, START + 20_000.0], 20_000 / 3_600, rows=250.0) == pytest.approx(
        250.0, rel=0.02
    )


def test_a_busier_day_stays_busier_and_a_sample_is_scaled_up() -> None:
    even = np.linspace(START - 9 * DAY_S, START + DAY_S / 2, 9_500)
    usual = rest(even, 12.0, rows=500.0)
    assert usual == pytest.approx(500.0, rel=0.02)
    assert rest(even, 12.0, rows=1_000.0) > 1.5 * usual
    assert rest(even, 12.0, rows=5_000.0, scale=10.0) == pytest.approx(10 * usual, rel=0.02)
