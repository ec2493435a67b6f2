"""The closed form of `prior-ridge`, the network that regularises it, and the tasks that it learns from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from meta.adapters.prior_ridge import PriorRidge
from meta.arrays import Floats
from meta.artifacts import Artifacts
from meta.least_squares import least_squares
from meta.normaliser import Normaliser
from meta.prior.attacks import ATTACKS, Attack
from meta.prior.closed_form import Prior, Rows, solve
from meta.prior.kernel import ANCHORS
from meta.prior.prior_model import DISTANCE, LINE, PENALTY, PriorModel, shipped_prior
from meta.prior.prior_training import PriorNet, PriorSettings, task_scores, train_prior
from meta.prior.tables import TableSampler
from meta.prior.token_statistics import STATISTICS, Background, Located, token_statistics
from meta.sampler import COUNTS, Task
from meta.support import Support
from meta.tensors import BrokenArtifact


def task(k: int = 5, seed: int = 3) -> Task:
    return TableSampler(seed).draw(k)


def located(support: Floats, background: Floats) -> Located:
    return Located.of(support, Background.of(background))


def scores(model: PriorModel, support: Floats, background: Floats, rows: Floats) -> np.ndarray:
    """Return scores of `rows` under the closed form with the model's prior."""
    flags = support.astype(np.float64)
    usual = Rows.of(background.astype(np.float64))
    anchors = np.concatenate([flags, usual.Z[: ANCHORS - len(flags)]])
    solution = solve(flags, usual, anchors, model.prior(located(support, background)))
    return solution.score(rows.astype(np.float64))


@pytest.fixture(scope="module")
def net() -> PriorNet:
    """Return a network with random weights in all layers, rounded as an artifact stores them."""
    torch.manual_seed(5)
    made = PriorNet()
    with torch.no_grad():
        for weight in made.layers.parameters():
            weight.copy_((0.3 * torch.randn(weight.shape)).float().double())
    return made


def test_lines_alone_are_plain_ridge() -> None:
    drawn = task()
    flags, background = drawn.support.astype(np.float64), drawn.background.astype(np.float64)
    t = flags.shape[1]
    zero, one = np.zeros(t), np.ones(t)
    plain = Prior(one, zero, one, zero, zero, 0.0, 0.1)
    solution = solve(flags, Rows.of(background), flags, plain)
    weights, intercepts = least_squares(drawn.support, np.ones((1, 5), bool), drawn.background, 0.1)
    np.testing.assert_allclose(4 * solution.line, weights[0], atol=1e-9)
    np.testing.assert_allclose(4 * solution.intercept, intercepts[0], atol=1e-9)


def test_a_strong_penalty_gives_the_expected_weights() -> None:
    drawn = task()
    flags, t = drawn.support.astype(np.float64), drawn.support.shape[1]
    wanted, zero = np.linspace(-1, 1, t), np.zeros(t)
    prior = Prior(np.ones(t), zero, np.ones(t), wanted, zero, 0.0, 1e9)
    solution = solve(flags, Rows.of(drawn.background.astype(np.float64)), flags, prior)
    np.testing.assert_allclose(solution.line, wanted, atol=1e-6)


def test_a_network_of_zeros_gives_the_fixed_prior() -> None:
    drawn = task()
    prior = PriorModel.without_corrections().prior(located(drawn.support, drawn.background))
    assert (prior.line == LINE).all()
    assert (prior.metric == 1).all()
    assert (prior.line_mean == 0).all()
    assert (prior.distance, prior.penalty) == (DISTANCE, PENALTY)


def test_trust_shrinks_a_trained_network_to_the_fixed_prior(net: PriorNet) -> None:
    drawn = task()
    at = located(drawn.support, drawn.background)
    fixed, half, whole = (
        model.prior(at).penalty
        for model in (PriorModel.without_corrections(), net.model({}, trust=0.5), net.model({}))
    )
    assert net.model({}, trust=0.0).prior(at).penalty == fixed != whole
    np.testing.assert_allclose(half, np.sqrt(fixed * whole))


def test_tokens_have_no_names(net: PriorNet) -> None:
    """The order of tokens and the sign of each make no difference to the score of a row."""
    drawn, model, rng = task(), net.model({}), np.random.default_rng(0)
    t = drawn.support.shape[1]
    order, sign = rng.permutation(t), rng.choice([-1, 1], t).astype(np.float32)
    plain = scores(model, drawn.support, drawn.background, drawn.genuine)
    moved = [sign * Z[:, order] for Z in (drawn.support, drawn.background, drawn.genuine)]
    np.testing.assert_allclose(scores(model, *moved), plain, atol=1e-6)


@pytest.mark.parametrize("k", COUNTS)
def test_torch_and_numpy_solve_the_same(net: PriorNet, k: int) -> None:
    drawn = task(k)
    fraud, genuine = task_scores(net, drawn)
    model = net.model({})
    for rows, found in ((drawn.fraud, fraud), (drawn.genuine, genuine)):
        mine = scores(model, drawn.support, drawn.background, rows)
        np.testing.assert_allclose(mine, found.detach().numpy(), atol=1e-6)


def test_equal_seeds_train_equal_bytes() -> None:
    settings = PriorSettings(steps=3, tasks=2)
    one, two = (train_prior(TableSampler(1), TableSampler(2), settings).to_bytes() for _ in range(2))
    assert one == two


def test_the_artifact_survives_its_bytes_and_one_of_other_sizes_is_refused() -> None:
    model = PriorModel.without_corrections()
    assert PriorModel.from_bytes(model.to_bytes()).content_hash == model.content_hash
    small = replace(model, weights=model.weights | {"token": np.zeros((3, 5), np.float32)})
    with pytest.raises(BrokenArtifact, match="'token'"):
        PriorModel.from_bytes(small.to_bytes())


def test_the_shipped_prior_is_small_and_says_how_it_was_trained() -> None:
    assert len(shipped_prior().to_bytes()) < 1_000_000
    assert shipped_prior().provenance["settings"]["seed"] == 0


@pytest.mark.parametrize("k", COUNTS)
def test_synthetic_tables_give_finite_tasks(k: int) -> None:
    one, two = task(k, seed=k), task(k, seed=k)
    np.testing.assert_array_equal(one.fraud, two.fraud)
    assert one.support.shape == (k, one.background.shape[1])
    for rows in (one.support, one.fraud, one.genuine, one.background):
        assert np.isfinite(rows).all()
    found = token_statistics(located(one.support, one.background))
    assert found.shape == (one.support.shape[1], STATISTICS)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.__name__)
def test_attacks_change_copies(attack: Attack) -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((40, 6))
    before = rows.copy()
    changed = attack(rows, rng)
    assert changed.shape == rows.shape
    assert np.isfinite(changed).all()
    assert (changed != rows).any()
    np.testing.assert_array_equal(rows, before)


@pytest.fixture
def adapter(artifacts: Artifacts) -> PriorRidge:
    return PriorRidge(artifacts.base.normaliser, artifacts.base.content_hash, shipped_prior())


@pytest.mark.parametrize("flags", [1, 5, 40])
@pytest.mark.parametrize("background", [2, 300])
def test_a_detector_scores_as_the_closed_form(
    adapter: PriorRidge, rows: Floats, flags: int, background: int
) -> None:
    support, genuine = Support(rows[-flags:]), rows[:background]
    found = adapter.score(adapter.adapt(support, genuine, seed=0), rows[300:400])
    map_of = adapter.normaliser
    fraud, usual = map_of(support.fraud), Rows.of(map_of(genuine).astype(np.float64))
    anchors = np.concatenate([fraud[:20].astype(np.float64), usual.Z])[:ANCHORS]
    prior = adapter.prior.prior(located(fraud, map_of(genuine)))
    solution = solve(fraud.astype(np.float64), usual, anchors, prior)
    wanted = 4 * solution.score(map_of(rows[300:400]).astype(np.float64))
    np.testing.assert_allclose(found, wanted, atol=2e-3 * np.abs(wanted).max())


def test_each_part_is_solved_as_if_it_were_alone(adapter: PriorRidge, rows: Floats) -> None:
    support, parts = Support(rows[-4:]), ~np.eye(4, dtype=bool)
    together = adapter.adapt_parts(support, parts, rows[:2_000], seed=9)
    for part, detector in zip(parts, together, strict=True):
        alone = adapter.adapt(Support(support.fraud[part]), rows[:2_000], seed=9)
        assert alone.to_bytes() == detector.to_bytes()


def test_detectors_score_the_same_bits_together_and_alone(adapter: PriorRidge, rows: Floats) -> None:
    made = [adapter.adapt(Support(rows[-n:]), rows[:500], seed=0) for n in (1, 3, 8)]
    together = adapter.scorer(made)(adapter.encode(rows[:3_000]))
    for column, detector in zip(together.T, made, strict=True):
        np.testing.assert_array_equal(column, adapter.score(detector, rows[:3_000]))


def test_it_works_for_any_number_of_tokens() -> None:
    rng = np.random.default_rng(1)
    for d in (1, 3, 80):
        X = rng.standard_normal((400, d)).astype(np.float32)
        adapter = PriorRidge(Normaliser.fit(X), "", shipped_prior())
        attack = X[:20] + 3
        detector = adapter.adapt(Support(attack[:5]), X[100:300], seed=0)
        assert np.median(adapter.score(detector, attack[5:])) > np.median(adapter.score(detector, X[300:]))
