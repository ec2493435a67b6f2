"""Means and intervals over seeds."""

from __future__ import annotations

import pytest

from examples.scores import Score, summarise


def run(*values: float) -> list[list[Score]]:
    return [[Score("panel", "method", 1, value)] for value in values]


def test_the_interval_is_that_of_students_t() -> None:
    mean = summarise(run(1.0, 2.0, 3.0)).of("panel", "method", 1)
    half = 4.302652729911275 * 1.0 / 3**0.5  # t of 2 degrees of freedom, standard deviation 1
    assert (mean.mean, mean.seeds) == (2.0, 3)
    assert mean.low == pytest.approx(2 - half)
    assert mean.high == pytest.approx(2 + half)


def test_one_seed_has_no_interval() -> None:
    mean = summarise(run(1.5)).of("panel", "method", 1)
    assert (mean.low, mean.mean, mean.high) == (1.5, 1.5, 1.5)


def test_what_was_not_measured_is_told() -> None:
    with pytest.raises(KeyError, match="no such learner"):
        summarise(run(1.0)).of("panel", "no such learner", 1)


def test_the_best_is_the_lowest_error_or_the_highest_gain_of_those_allowed() -> None:
    scores = [Score("p", name, 1, value) for name, value in (("a", 1.0), ("b", 2.0), ("c", 3.0))]
    summary = summarise([scores])
    assert summary.best("p", 1, lowest=True).method == "a"
    assert summary.best("p", 1, lowest=False).method == "c"
    assert summary.best("p", 1, lowest=True, among=("b", "c")).method == "b"
