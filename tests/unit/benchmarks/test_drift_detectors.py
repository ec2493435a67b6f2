"""Detectors of the drift benchmark on made-up hours: quiet without a change, and an alarm after one."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.drift.detectors import DETECTORS, WATCHED_H, count_alarms, hours_to
from benchmarks.drift.hours import CHANGE_H, NAMES, Hours
from meta.histograms import BINS

ROWS, DAYS = 200, 56


def hours(*, shifted: bool) -> Hours:
    """Equal hours; after the change, log_amount keeps to the upper half of its bins."""
    features = np.full((DAYS * 24, len(NAMES), BINS), ROWS / BINS)
    if shifted:
        features[CHANGE_H:, NAMES.index("log_amount")] = [0.0] * 5 + [ROWS / 5] * 5
    surprise = np.zeros((DAYS * 24, 120))
    surprise[:, :10] = ROWS / 10
    return Hours(features, surprise)


@pytest.mark.parametrize("name", DETECTORS)
def test_each_detector_is_quiet_before_a_change_and_alarms_after_it(name: str) -> None:
    before, after = DETECTORS[name](hours(shifted=False), hours(shifted=True), "a portfolio")
    assert len(before) == len(after) == DAYS * 24
    assert count_alarms(before) == 0
    assert not after[:CHANGE_H].any()
    found = hours_to(after, CHANGE_H)
    assert found is not None
    assert found <= 72


def test_alarms_within_a_day_are_one_alarm() -> None:
    alarms = np.zeros(DAYS * 24, np.bool_)
    alarms[[WATCHED_H, WATCHED_H + 20, WATCHED_H + 60]] = True
    assert count_alarms(alarms) == 2
    assert hours_to(alarms, WATCHED_H + 21) == 40.0
