"""The portfolio combines its members by how well each finds flags that it has not seen."""

from __future__ import annotations

import numpy as np
import pytest

from meta.adapters.portfolio import FORMS, Portfolio
from meta.arrays import Floats
from meta.artifacts import Artifacts
from meta.calibration import Tails
from meta.portfolio.stacking import weigh
from meta.portfolio.tokens import Tokens
from meta.support import Support, with_surprise


@pytest.fixture(scope="module")
def artifacts() -> Artifacts:
    return Artifacts.load()


def drawn(artifacts: Artifacts, seed: int, rows: int, *, shifted: float = 0.0) -> Floats:
    """Return raw rows around the training medians; `shifted` moves the first three features."""
    rng = np.random.default_rng(seed)
    edges = artifacts.base.histograms.edges
    places = rng.integers(1, edges.shape[1] - 1, (rows, len(edges)))
    X = np.take_along_axis(edges, places.T, axis=1).T.astype(np.float32)
    if shifted:
        X[:, :3] = edges[:3, -2] + shifted
    tails = artifacts.tails or Tails.fit(artifacts.base.score(X))
    return with_surprise(X, tails.surprise(artifacts.base.score(X)))


@pytest.mark.parametrize("network", [True, False])
def test_it_finds_the_rest_of_a_pattern(artifacts: Artifacts, network: bool) -> None:
    made = Portfolio(Tokens(artifacts.base, artifacts.evidence if network else None))
    genuine, pattern = drawn(artifacts, 1, 4_000), drawn(artifacts, 2, 60, shifted=1.0)
    detector = made.adapt(Support(pattern[:5]), genuine[:3_000], seed=0)
    threshold = np.quantile(made.score(detector, genuine[3_000:]), 0.99)
    assert np.mean(made.score(detector, pattern[5:]) > threshold) > 0.9


def test_every_member_gives_one_genuine_row_in_a_thousand_the_same_log_odds(artifacts: Artifacts) -> None:
    genuine, pattern = drawn(artifacts, 1, 5_000), drawn(artifacts, 2, 5, shifted=1.0)
    made = Portfolio(Tokens(artifacts.base, artifacts.evidence))
    members = made._made(Support(pattern), np.ones((1, 5), bool), genuine, seed=0)
    for alone in np.eye(len(FORMS) + 2):
        tables, bias = members.combined(alone)
        scores = made.score(made._detector(tables[0], bias[0]), genuine[1_024:])
        assert np.quantile(scores, 0.999) == pytest.approx(3 * np.log(10), rel=0.01)
        assert np.median(scores) == pytest.approx(0.0, abs=0.02)


def test_a_member_that_finds_nothing_loses_its_weight() -> None:
    weights = weigh(np.array([[3.2, 3.0, 3.4], [3.1, 3.3, 3.2], [0.3, 0.5, 0.1]]), (1.0, 1.0, 4.0))
    assert weights[2] < 0.01
    assert weights[:2] == pytest.approx([0.5, 0.5], abs=0.1)


def test_a_single_flag_leaves_the_priors() -> None:
    assert weigh(np.full((2, 1), np.nan), (1.0, 3.0)) == pytest.approx([0.25, 0.75])


def test_the_network_moves_to_a_device_and_the_detector_stays_the_same(artifacts: Artifacts) -> None:
    made = Portfolio(Tokens(artifacts.base, artifacts.evidence))
    moved = made.on("cpu")
    genuine, pattern = drawn(artifacts, 1, 2_500), drawn(artifacts, 2, 5, shifted=1.0)
    one, other = (each.adapt(Support(pattern), genuine, seed=0) for each in (made, moved))
    assert moved.device == "cpu"
    assert one.content_hash == other.content_hash
