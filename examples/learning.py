"""Functions that several examples share: joint training, and a choice of settings on validation tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.func import vmap

from meta.learners.gradient import Forward, GradientLearner, Loss, State
from meta.learners.networks import Params
from meta.learners.tasks import Tasks

STAGES = ((0.6, 1.0), (0.25, 0.3), (0.15, 0.1))  # share of the batches, factor of the rate


def train(learner: GradientLearner, state: State, batches: Sequence[Tasks], rate: float) -> State:
    """Return the state after all batches; the outer loop's rate falls in three stages."""
    begin = 0
    for share, of_rate in STAGES:
        end = begin + round(share * len(batches))
        state = learner.train(state, batches[begin:end], rate=rate * of_rate)
        begin = end
    return state


def train_pooled(
    forward: Forward, loss: Loss, params: Params, batches: Sequence[Tasks], rate: float
) -> Params:
    """Return parameters trained on the query rows of all tasks together, without inner steps."""
    joint = GradientLearner(forward, loss, steps=0)
    return train(joint, State.start(params, 0.0), batches, rate).params


def predict(learner: GradientLearner, state: State, tasks: Tasks) -> Tensor:
    """Return the outputs (tasks, q, ...) on the query after adapting to each support."""

    def one(sx: Tensor, sy: Tensor, qx: Tensor) -> Tensor:
        return learner.forward(learner.adapt(state, sx, sy), qx)

    return vmap(one)(tasks.support_x, tasks.support_y, tasks.query_x).detach()


def best_fine_tuning(
    forward: Forward,
    loss: Loss,
    params: Params,
    validation: Tasks,
    *,
    steps: Iterable[int],
    rates: Iterable[float],
) -> tuple[GradientLearner, State]:
    """Return the fine-tuning from `params` with the smallest loss on the queries of the validation tasks."""
    made = [
        (GradientLearner(forward, loss, n, first_order=True), State.start(params, rate))
        for n in steps
        for rate in rates
    ]
    return min(made, key=lambda pair: _loss(pair[0], pair[1], validation))


def _loss(learner: GradientLearner, state: State, tasks: Tasks) -> float:
    value = float(learner.meta_loss(state.params, state.rates, tasks))
    return value if value == value else float("inf")  # diverged: not a number


def after(learner: GradientLearner, steps: int) -> GradientLearner:
    """Return the same learner with another number of inner steps."""
    return replace(learner, steps=steps)


def best_of(candidates: Iterable[float], loss: Callable[[float], float]) -> float:
    """Return the candidate with the smallest loss."""
    return min(candidates, key=loss)


def seeded(seed: int) -> torch.Generator:
    """Return a new generator for `seed`."""
    return torch.Generator().manual_seed(seed)
