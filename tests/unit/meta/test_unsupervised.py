"""A base without labels finds what is rare, alone and in combination."""

from __future__ import annotations

import numpy as np
import pytest

from meta.arrays import Floats
from meta.base import BaseModel
from meta.unsupervised import TooFewRows, unsupervised_base

NAMES = ("amount", "usual_amount", "hour")
PERIOD = (0.0, 86_400.0)


def ordinary(count: int, seed: int = 0) -> Floats:
    """Return rows whose first two features agree: each card spends what it usually spends."""
    rng = np.random.default_rng(seed)
    usual = rng.standard_normal(count)
    rows = [usual + 0.1 * rng.standard_normal(count), usual, rng.standard_normal(count)]
    return np.column_stack(rows).astype(np.float32)


@pytest.fixture(scope="module")
def base() -> BaseModel:
    return unsupervised_base(NAMES, ordinary(8_000), PERIOD)


def test_one_row_in_a_thousand_scores_above_0(base: BaseModel) -> None:
    scores = base.score(ordinary(50_000, seed=1))
    assert 0.0005 < np.mean(scores > 0) < 0.002
    # each unit of score is about e times rarer
    assert 0.15 < np.mean(scores > 1) / np.mean(scores > 0) < 0.6


@pytest.mark.parametrize(
    "odd", [(1.0, 1.0, 6.0), (2.0, -2.0, 0.0)], ids=["a rare value", "common values that never meet"]
)
def test_what_is_rare_is_found_whether_alone_or_in_combination(
    base: BaseModel, odd: tuple[float, ...]
) -> None:
    usual = base.score(ordinary(5_000, seed=2))
    assert base.score(np.array([odd], np.float32))[0] > np.quantile(usual, 0.99)
    both_high = np.array([(2.0, 2.0, 0.0)], np.float32)
    assert base.score(both_high)[0] < np.quantile(usual, 0.95)


def test_undetected_frauds_among_the_rows_do_not_hide_each_other() -> None:
    frauds = np.tile(np.array([1.5, -1.5, 0.0], np.float32), (80, 1))
    rows = np.concatenate([ordinary(8_000), frauds])
    base = unsupervised_base(NAMES, rows[np.random.default_rng(0).permutation(len(rows))], PERIOD)
    assert base.score(frauds).min() > np.quantile(base.score(ordinary(5_000, seed=1)), 0.9)


def test_it_is_a_base_like_any_other(base: BaseModel) -> None:
    again, rows = BaseModel.from_bytes(base.to_bytes()), ordinary(100, seed=3)
    assert again.score(rows).tobytes() == base.score(rows).tobytes()
    assert np.array_equal(base.score(rows)[7:8], base.score(rows[7:8]))
    assert base.histograms.stability_index(ordinary(8_000)).max() < 1e-6
    assert (base.provenance.rows, base.provenance.frauds, base.provenance.period) == (8_000, 0, PERIOD)


def test_equal_rows_give_equal_bytes(base: BaseModel) -> None:
    assert unsupervised_base(NAMES, ordinary(8_000), PERIOD).to_bytes() == base.to_bytes()


def test_constant_features_and_gaps_do_not_spoil_it() -> None:
    rows = np.column_stack([ordinary(2_000), np.ones(2_000)]).astype(np.float32)
    base = unsupervised_base((*NAMES, "channel"), rows, PERIOD)
    rows[0, 2] = np.nan
    assert np.isfinite(base.score(rows)).all()


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(TooFewRows, match="999 transactions to learn from, 1,000 are needed"):
        unsupervised_base(NAMES, ordinary(999), PERIOD)
