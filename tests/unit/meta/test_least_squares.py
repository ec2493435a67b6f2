"""Least squares in closed form, alone and beside the evidence network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from meta.adapters.evidence import LINES, Evidence
from meta.adapters.ridge import Ridge
from meta.arrays import Floats
from meta.artifacts import Artifacts
from meta.least_squares import least_squares
from meta.support import Support


def normal(rng: np.random.Generator, mean: float, shape: tuple[int, int]) -> Floats:
    return rng.normal(mean, 1, shape).astype(np.float32)


def loss(w: NDArray[np.float64], fraud: Floats, genuine: Floats, penalty: float) -> float:
    """Return the loss that the closed form minimizes: weights and intercept `w` (d + 1,), targets +-4."""
    apart = (4 - fraud @ w[:-1] - w[-1], -4 - genuine @ w[:-1] - w[-1])
    return float(0.5 * sum(np.mean(miss**2) for miss in apart) + penalty * np.sum(w[:-1] ** 2))


@given(st.integers(0, 1_000), st.integers(1, 12), st.floats(0.01, 3.0))
def test_no_other_weights_are_better(seed: int, flags: int, penalty: float) -> None:
    rng = np.random.default_rng(seed)
    fraud, genuine = normal(rng, 1, (flags, 3)), normal(rng, 0, (40, 3))
    weights, intercepts = least_squares(fraud, np.ones((1, flags), bool), genuine, penalty)
    found = np.append(weights[0], intercepts[0])
    least = loss(found, fraud, genuine, penalty)
    for _ in range(20):
        assert loss(found + rng.normal(0, 0.3, 4), fraud, genuine, penalty) > least


def test_each_part_is_solved_as_if_it_were_alone() -> None:
    rng = np.random.default_rng(0)
    fraud, genuine = normal(rng, 1, (5, 4)), normal(rng, 0, (50, 4))
    parts = ~np.eye(5, dtype=bool)
    weights, intercepts = least_squares(fraud, parts, genuine, 0.1)
    for number, part in enumerate(parts):
        alone = least_squares(fraud[part], np.ones((1, 4), bool), genuine, 0.1)
        np.testing.assert_allclose(weights[number], alone[0][0])
        np.testing.assert_allclose(intercepts[number], alone[1][0])


@pytest.mark.parametrize("flags", [1, 5])
def test_evidence_is_the_networks_curves_and_lines_of_a_quarter_of_their_spread(
    artifacts: Artifacts, rows: Floats, flags: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, ridge = Evidence(artifacts.require_evidence()), Ridge(artifacts.base.normaliser)
    support, background = Support(rows[-flags:]), rows[:1_000]
    with_lines = made.score(made.adapt(support, background, seed=0), background)
    monkeypatch.setattr("meta.adapters.evidence.LINES", 0.0)
    curves = made.score(made.adapt(support, background, seed=0), background)
    straight = ridge.score(ridge.adapt(support, background, seed=0), background)
    added = with_lines - curves
    assert np.corrcoef(added, straight)[0, 1] > 0.9999
    assert spread(added) == pytest.approx(LINES * spread(curves), rel=1e-3)


def spread(values: NDArray[np.floating[Any]]) -> float:
    middle, high = np.quantile(values, (0.5, 0.99))
    return float(high - middle)
