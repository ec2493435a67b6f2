"""Compare sharp windows and runs of fraud with counting one by one."""

from __future__ import annotations

import numpy as np
import pytest

from replay.fraud_runs import FraudRuns
from replay.survey import DAY_S
from replay.windows import SharpWindows


@pytest.mark.parametrize("delay_days", [0.0, 3.0])
def test_windows_hold_what_is_within_them_and_nothing_else(delay_days: float) -> None:
    rng = np.random.default_rng(2)
    n, delay = 3_000, delay_days * DAY_S
    time = np.sort(np.floor(rng.uniform(0, 60 * DAY_S, n) / 3_600) * 3_600)  # many at the same time
    slot, value = rng.integers(0, 5, n).astype(np.int32), rng.integers(0, 9, n).astype(np.float64)
    counted = rng.random(n) < 0.8
    windows = SharpWindows(delay)
    parts = [windows.sums(time[p], slot[p], value[p], counted[p]) for p in (slice(0, 1_700), slice(1_700, n))]
    count, total = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    for i in rng.choice(n, 60, replace=False):
        now = time[i] - delay
        due = counted & (slot == slot[i]) & ((time <= now) if delay else (time < now))
        for w, days in enumerate((1, 7, 30)):
            inside = due & (time > now - days * DAY_S)
            assert (count[i, w], total[i, w]) == (inside.sum(), value[inside].sum())


def test_a_run_of_fraud_ends_when_none_comes_for_two_weeks() -> None:
    time = np.array([0.0, 2, 3, 4, 30, 31, 32]) * DAY_S + 1e9
    fraud = np.array([True, True, False, False, True, False, False])
    runs = FraudRuns(1 * DAY_S)
    found = np.expm1(runs.features(time, np.zeros(7, np.int32), fraud, np.ones(7, bool)))
    assert found[0] == pytest.approx([90, 90, 0, 0])  # no labels yet
    assert found[3] == pytest.approx([4, 2, 2, 1])  # labels of days 0, 2 and 3 have arrived
    assert found[6] == pytest.approx([2, 2, 1, 1])  # labels of days 30 and 31: a new run
