"""The learners solve known tasks, and their meta-gradients are correct."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from meta.learners.gradient import GradientLearner, State, anil, fomaml, maml, meta_sgd
from meta.learners.metric import MetricLearner, prototype_logits, relation_logits, relation_params
from meta.learners.networks import Params, last_layer, mlp, mlp_params
from meta.learners.reptile import Reptile
from meta.learners.tasks import Tasks

SIZES = (1, 24, 24, 1)


def smooth(params: Params, x: Tensor) -> Tensor:
    """Return a smooth network, so that finite differences are valid."""
    hidden = torch.tanh(x @ params["w0"] + params["b0"])
    return hidden @ params["w1"] + params["b1"]


def sines(steps: int, tasks: int = 16, seed: int = 0, dtype: torch.dtype = torch.float32) -> Iterator[Tasks]:
    """Draw the tasks of Finn et al. 2017: amplitude 0.1 to 5, phase 0 to pi, x in +-5."""
    g = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        amplitude, phase = (torch.rand(tasks, 1, 1, generator=g, dtype=dtype) for _ in range(2))
        x = torch.rand(tasks, 20, 1, generator=g, dtype=dtype) * 10 - 5
        y = (0.1 + 4.9 * amplitude) * torch.sin(x - math.pi * phase)
        yield Tasks(x[:, :10], y[:, :10], x[:, 10:], y[:, 10:])


def loss_after(learner: GradientLearner, state: State) -> float:
    tasks = next(sines(1, tasks=64, seed=99))
    return float(learner.meta_loss(state.params, state.rates, tasks))


@pytest.mark.parametrize("learn_rates", [False, True], ids=["start", "start and step sizes"])
def test_the_second_order_meta_gradient_equals_finite_differences(learn_rates: bool) -> None:
    start = mlp_params((1, 5, 1), seed=1, dtype=torch.float64)
    learner = GradientLearner(smooth, functional.mse_loss, steps=3, learn_rates=learn_rates)
    state, tasks = State.start(start, 0.05), next(sines(1, tasks=4, dtype=torch.float64))
    gradient, _ = learner.meta_gradient(state, tasks)
    wanted = [(state.params, gradient.params)] + ([(state.rates, gradient.rates)] if learn_rates else [])
    for values, slopes in wanted:
        for name, value in values.items():
            at = tuple(int(i) for i in (torch.tensor(value.shape) - 1))
            original, h = value[at].item(), 1e-5
            losses = []
            for moved in (original + h, original - h):
                value[at] = moved
                losses.append(float(learner.meta_loss(state.params, state.rates, tasks)))
            value[at] = original
            assert float(slopes[name][at]) == pytest.approx(
                (losses[0] - losses[1]) / (2 * h), rel=1e-4, abs=1e-7
            )


def test_the_first_order_gradient_is_that_of_the_query_at_the_adapted_parameters() -> None:
    start, tasks = mlp_params((1, 5, 1), seed=1), next(sines(1, tasks=1))
    learner = fomaml(smooth, functional.mse_loss, steps=2)
    state = State.start(start, 0.05)
    gradient, _ = learner.meta_gradient(state, tasks)
    adapted = learner.adapt(state, tasks.support_x[0], tasks.support_y[0])
    leaves = {k: v.detach().requires_grad_(True) for k, v in adapted.items()}
    torch.autograd.backward(functional.mse_loss(smooth(leaves, tasks.query_x[0]), tasks.query_y[0]))
    for name, leaf in leaves.items():
        torch.testing.assert_close(gradient.params[name], leaf.grad)


@pytest.mark.parametrize("make", [maml, fomaml, meta_sgd], ids=lambda m: m.__name__)
def test_training_makes_ten_points_of_a_sine_worth_more(make: object) -> None:
    learner = make(mlp, functional.mse_loss, steps=2)  # type: ignore[operator]
    state = State.start(mlp_params(SIZES, seed=0), 0.02)
    before = loss_after(learner, state)
    assert loss_after(learner, learner.train(state, sines(150), rate=3e-3)) < 0.8 * before


def test_reptile_moves_to_a_start_that_ten_points_improve() -> None:
    reptile = Reptile(mlp, functional.mse_loss, steps=5)
    state = State.start(mlp_params(SIZES, seed=0), 0.02)
    trained = reptile.train(state, sines(200), total=200)
    assert loss_after(reptile.inner, trained) < 0.9 * loss_after(reptile.inner, state)


def test_anil_moves_the_head_alone() -> None:
    start, tasks = mlp_params(SIZES, seed=0), next(sines(1))
    learner = anil(mlp, functional.mse_loss, last_layer(start))
    adapted = learner.adapt(State.start(start, 0.05), tasks.support_x[0], tasks.support_y[0])
    moved = {k for k in start if not torch.equal(start[k], adapted[k])}
    assert moved == {"w2", "b2"}


def blobs(steps: int, ways: int = 5, shots: int = 1, seed: int = 0) -> Iterator[Tasks]:
    """Draw an N-way K-shot task: clusters at new places in 8 dimensions, 4 of them uninformative."""
    g = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        centre = 2 * torch.randn(8, ways, 1, 8, generator=g)
        centre[..., 4:] = 0
        x = centre + torch.cat(
            [
                torch.randn(8, ways, shots + 5, 4, generator=g),
                4 * torch.randn(8, ways, shots + 5, 4, generator=g),
            ],
            -1,
        )
        y = torch.arange(ways).expand(8, ways)
        sy, qy = (y.repeat_interleave(n, 1) for n in (shots, 5))
        yield Tasks(x[:, :, :shots].flatten(1, 2), sy, x[:, :, shots:].flatten(1, 2), qy)


def five_way_prototypes(params: Params, x: Tensor, y: Tensor, query: Tensor) -> Tensor:
    return prototype_logits(params, x, y, query, 5)


def five_way_relation(params: Params, x: Tensor, y: Tensor, query: Tensor) -> Tensor:
    return relation_logits(params, x, y, query, 5)


@pytest.mark.parametrize("shots", [1, 5], ids=lambda s: f"{s} shot")
@pytest.mark.parametrize("kind", ["prototypes", "relation"])
def test_metric_learners_tell_new_classes_apart(kind: str, shots: int) -> None:
    embedding = mlp_params((8, 32, 16), seed=0)
    params = relation_params(embedding, 32, seed=0) if kind == "relation" else embedding
    learner = MetricLearner(five_way_relation if kind == "relation" else five_way_prototypes)
    fresh = next(blobs(1, shots=shots, seed=77))

    def accuracy(p: Params) -> float:
        right = [
            learner.logits(p, *parts[:3]).argmax(-1) == parts[3]
            for parts in zip(fresh.support_x, fresh.support_y, fresh.query_x, fresh.query_y, strict=True)
        ]
        return float(torch.stack(right).float().mean())

    trained = learner.train(params, blobs(250, shots=shots), rate=3e-3)
    assert accuracy(trained) > max(accuracy(params) + 0.05, 0.35)
