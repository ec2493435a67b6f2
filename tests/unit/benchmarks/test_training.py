"""The comparison of training settings: windows that do not leak, one training measured, and the table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.training import trial
from benchmarks.training.rows import WINDOWS, Windows
from benchmarks.training.settings import SETTINGS
from benchmarks.training.trial import Trial, run, summary
from meta.base_training import BaseSettings
from replay.fold import Days, Fold
from replay.fold_files import FoldFiles
from replay.lesson import Lesson


@pytest.mark.parametrize("windows", WINDOWS.values(), ids=list(WINDOWS))
def test_no_test_that_settings_are_chosen_on_is_reported(windows: Windows) -> None:
    last_chosen = max(windows.days(first).end for first in windows.choose)
    assert last_chosen <= min(windows.days(first).test for first in windows.report)


@pytest.fixture
def fold(tmp_path: Path) -> Fold:
    random, n = (
        np.random.default_rng(0),
        6_000,
    )  # fewer rows drift by chance, and training ignores what drifts
    fraud = np.arange(n) % 10 == 0
    X = (random.normal(size=(n, 3)) + 2.0 * fraud[:, None]).astype(np.float32)
    files = FoldFiles(tmp_path, 3)
    cards = np.arange(n).astype(np.uint64)
    lesson = Lesson(
        ("a", "b", "c"), 3, X, fraud, np.ones(n), (0.0, n), np.zeros(n, np.int32), cards,
        np.arange(n).astype(np.float64), X[~fraud],
    )  # fmt: skip
    files.write_lesson(lesson)
    files.add_rows(X)
    made = Fold(Days(0, 7, 14, 21), 0.0, lesson.features, 3, (), files, lesson=lesson)
    made._tested.append((fraud, cards, np.zeros(n, np.int64), np.ones(n)))
    return made


def test_a_training_is_measured_on_the_rows_of_the_test(fold: Fold, monkeypatch: pytest.MonkeyPatch) -> None:
    small = BaseSettings(steps=400, batch=256, trees=20, hidden=(16, 8), mixtures=2_000)
    monkeypatch.setattr(trial, "SETTINGS", {"small": small})
    found = run("made", fold, "small", 1)
    assert (found.setting, found.seed, found.first) == ("small", 1, 0)
    assert found.average_precision > 0.9
    assert found.cpu_s > 0


def test_the_table_has_means_over_windows_and_the_range_over_seeds() -> None:
    one = Trial("made", 1, "in use", 0, 10.0, 0.7, 0.3, 0.8)
    trials = [one, replace(one, first=2, average_precision=0.5), replace(one, seed=1, cpu_s=16.0)]
    assert summary(trials).splitlines()[-1] == (
        "| in use | 12.0 | 0.6500 [0.6000 0.7000] | 0.3000 [0.3000 0.3000] | 0.8000 [0.8000 0.8000] |"
    )


def test_the_settings_in_use_are_compared() -> None:
    assert SETTINGS["in use"] == BaseSettings()
