"""The base's teacher: its scores of unseen rows and of mixtures of rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meta.arrays import Floats
from meta.teacher import Labels, Teacher, mixtures


def _noise(rows: int, frauds: int, tokens: int = 6, seed: int = 0) -> tuple[Floats, Labels]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, tokens)).astype(np.float32), rng.permutation(rows) < frauds


def _area(score: Floats, fraud: Labels) -> float:
    return float(np.mean(score[fraud][:, None] > score[~fraud][None, :]))


def test_labels_without_any_sense_are_not_learnt_by_heart() -> None:
    tokens, fraud = _noise(3_000, 300)
    teacher = Teacher.fit(tokens, fraud, np.ones(3_000), trees=50, seed=0)
    assert _area(teacher(tokens), fraud) > 0.8  # most models have seen the row that they are asked for
    assert 0.4 < _area(teacher.out_of_fold, fraud) < 0.6


def test_a_rule_is_told_of_rows_left_out_and_of_new_ones() -> None:
    tokens, _ = _noise(3_000, 0)
    fraud = (tokens[:, 0] > 1.5) & (tokens[:, 1] > 0)
    teacher = Teacher.fit(tokens, fraud, np.ones(3_000), trees=50, seed=0)
    fresh, _ = _noise(3_000, 0, seed=1)
    assert _area(teacher.out_of_fold, fraud) > 0.98
    assert _area(teacher(fresh), (fresh[:, 0] > 1.5) & (fresh[:, 1] > 0)) > 0.98


@pytest.mark.parametrize("frauds", [1, 2, 199])
def test_a_single_row_of_a_kind_is_enough(frauds: int) -> None:
    tokens, fraud = _noise(200, frauds)
    teacher = Teacher.fit(tokens, fraud, np.ones(200), trees=5, seed=0)
    assert np.isfinite(teacher.out_of_fold).all()
    assert np.isfinite(teacher(tokens)).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(1, 9), st.integers(0, 99))
def test_each_token_of_a_mixture_is_that_of_some_row_and_at_most_two_rows_mix(
    rows: int, tokens: int, seed: int
) -> None:
    fraud = np.arange(rows) == 0
    whose = np.repeat(np.arange(rows, dtype=np.float32)[:, None], tokens, 1)  # a token identifies its row
    column = np.arange(tokens, dtype=np.float32) / 16  # and its place
    mixed = mixtures((whose + column).astype(np.float32), fraud, 50, seed) - column
    assert np.isin(mixed, whose[:, 0]).all()
    assert max(len(np.unique(row)) for row in mixed) <= 2


def test_a_fourth_of_the_rows_that_are_mixed_is_fraud_however_rare_it_is() -> None:
    _, fraud = _noise(2_000, 20)
    tokens = np.repeat(fraud[:, None], 8, 1).astype(np.float32)
    assert mixtures(tokens, fraud, 20_000, 0).mean() == pytest.approx(0.25, abs=0.02)
