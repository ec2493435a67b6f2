"""Raw features become normal scores."""

from __future__ import annotations

import numpy as np
import pytest

from meta.arrays import WrongShape
from meta.kernels import LIMIT
from meta.normaliser import Normaliser


@pytest.fixture(scope="module")
def skewed() -> Normaliser:
    rng = np.random.default_rng(0)
    columns = [rng.lognormal(3, 1, 50_000), rng.integers(0, 2, 50_000), np.full(50_000, 7.0)]
    return Normaliser.fit(np.stack(columns, 1).astype(np.float32))


def test_quantiles_of_a_skewed_feature_become_those_of_a_normal_one(skewed: Normaliser) -> None:
    X = np.stack([np.random.default_rng(1).lognormal(3, 1, 20_000)] + [np.zeros(20_000)] * 2, 1)
    z = skewed(X.astype(np.float32))[:, 0]
    np.testing.assert_allclose(np.quantile(z, [0.0228, 0.5, 0.9772]), [-2, 0, 2], atol=0.06)


def test_values_beyond_all_seen_go_on_rising_until_the_limit(skewed: Normaliser) -> None:
    X = np.array([[1150, 0, 7], [1300, 0, 7], [1e9, 0, 7]], np.float32)
    z = skewed(X)[:, 0]
    assert 3.5 < z[0] < z[1] < z[2] == LIMIT


def test_a_constant_feature_and_an_ignored_one_stay_silent(skewed: Normaliser) -> None:
    assert skewed(np.array([[20, 0, -900]], np.float32))[0, 2] == 0
    X = np.random.default_rng(2).standard_normal((500, 2)).astype(np.float32)
    assert not Normaliser.fit(X, ignore=[1])(X)[:, 1].any()


def test_what_is_not_a_number_counts_as_the_median(skewed: Normaliser) -> None:
    assert skewed(np.full((1, 3), np.nan, np.float32)).tolist() == [[0.0, 0.0, 0.0]]


def test_a_matrix_with_other_columns_is_refused_by_name(skewed: Normaliser) -> None:
    with pytest.raises(WrongShape, match=r"features: shape \(2, 5\), allowed \(rows, 3\)"):
        skewed(np.zeros((2, 5), np.float32))


def test_scores_rise_with_the_feature_everywhere(skewed: Normaliser) -> None:
    X = np.zeros((5000, 3), np.float32)
    X[:, 0] = np.sort(np.random.default_rng(3).lognormal(3, 2, 5000))
    assert (np.diff(skewed(X)[:, 0]) >= 0).all()
