"""ADBench's protocol: who is labelled, who counts as genuine, and how methods are ranked."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.anomalies.report import Row, summaries
from benchmarks.anomalies.tables import NoTables, Table, TooFewAnomalies, names
from benchmarks.baselines import simple
from benchmarks.baselines.libraries import LIBRARIES, installed

FIT = {
    "ridge": simple.ridge(0.1),
    "logistic": simple.logistic,
    "distance of means": simple.distance_of_means,
    "summed ranks": simple.summed_ranks,
    "lightgbm": simple.boosted_trees,
}


def shifted_table(rows: int = 1_000, anomalies: int = 100) -> Table:
    """Return a table whose anomalies are shifted in the first of five features."""
    X = np.random.default_rng(3).normal(size=(rows, 5)).astype(np.float32)
    anomaly = np.arange(rows) < anomalies
    X[anomaly, 0] += 4.0
    return Table(X, anomaly)


def test_every_row_but_the_flags_is_unlabelled_or_scored() -> None:
    table = shifted_table()
    split = table.split(5, seed=1)
    assert len(split.flags) == 5
    assert len(split.flags) + len(split.unlabelled) + len(split.test) == len(table.X)
    assert split.anomaly.sum() == 30
    undetected = (split.unlabelled[:, 0] > 2.5).sum()
    assert undetected > 40  # the anomalies that are not flagged stay among the unlabelled rows


def test_equal_seeds_split_equally_and_others_do_not() -> None:
    one, again, other = (shifted_table().split(5, seed).flags for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_table_with_too_few_anomalies_says_so() -> None:
    with pytest.raises(TooFewAnomalies, match="7 anomalies in the training part, 20"):
        shifted_table(anomalies=10).split(20, seed=1)


def test_without_tables_the_folder_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("benchmarks.anomalies.tables.FOLDER", tmp_path)
    with pytest.raises(NoTables, match=str(tmp_path)):
        names()


@pytest.mark.parametrize("name", FIT)
def test_simple_baselines_find_a_shift(name: str) -> None:
    split = shifted_table().split(20, seed=1)
    flags, unlabelled, test = (split.normaliser(X) for X in (split.flags, split.unlabelled, split.test))
    scores = FIT[name](flags, unlabelled, seed=0)(test)
    assert np.median(scores[split.anomaly]) > np.quantile(scores[~split.anomaly], 0.8)


@pytest.mark.parametrize("name", LIBRARIES)
def test_baselines_of_libraries_score_every_row(name: str) -> None:
    if not installed(name):
        pytest.skip(f"{name}: its library is only part of the benchmark environment")
    split = shifted_table(400, 60).split(5, seed=1)
    flags, unlabelled, test = (split.normaliser(X) for X in (split.flags, split.unlabelled, split.test))
    scores = LIBRARIES[name](flags, unlabelled, seed=0)(test)
    assert scores.shape == (len(test),)
    assert scores[split.anomaly].mean() > scores[~split.anomaly].mean()


def test_ranks_count_only_splits_that_every_method_ran_on() -> None:
    rows = [
        Row("a", 5, 1, "good", 0.9, 0.9, 0.0),
        Row("a", 5, 1, "poor", 0.1, 0.5, 0.0),
        Row("b", 5, 1, "good", 0.2, 0.6, 0.0),  # the other method did not run on b
    ]
    found, splits = summaries(rows, 5)
    assert splits == 1
    assert [(s.method, s.rank, s.auc_pr) for s in found] == [("good", 1.0, 0.9), ("poor", 2.0, 0.1)]
