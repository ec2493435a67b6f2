"""Learners that adapt by gradient steps: MAML, FOMAML, Meta-SGD and ANIL are settings of one algorithm.

Sources: Finn et al. 2017, arXiv:1703.03400 (MAML, and its first order); Li et al. 2017, arXiv:1707.09835
(Meta-SGD: a learned rate per parameter); Raghu et al. 2020, arXiv:1909.09157 (ANIL: only the last layer
moves).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import grad, grad_and_value, vmap

from meta.learners.networks import Params
from meta.learners.tasks import Tasks

Forward = Callable[[Params, Tensor], Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]
Progress = Callable[[int, float], None]


@dataclass(frozen=True)
class State:
    """What meta-training learns.

    Attributes:
        params: Parameters to start from.
        rates: Step sizes, one for each number of `params`.
    """

    params: Params
    rates: Params

    @classmethod
    def start(cls, params: Params, rate: float) -> State:
        """Begin with one step size for all."""
        return cls(params, {k: torch.full_like(v, rate) for k, v in params.items()})


@dataclass(frozen=True)
class GradientLearner:
    """Gradient descent on the support; meta-training lowers the loss of the query afterwards.

    Attributes:
        forward: Network as a function of parameters and inputs.
        loss: Loss of the inner steps.
        steps: Inner steps.
        first_order: Ignore how the support's gradient depends on the start.
        learn_rates: Train the step sizes too.
        moves: Parameters that the inner steps change; None for all.
        outer: Loss of the query; None for `loss`.
    """

    forward: Forward
    loss: Loss
    steps: int = 5
    first_order: bool = False
    learn_rates: bool = False
    moves: frozenset[str] | None = None
    outer: Loss | None = None

    def adapt(self, state: State, x: Tensor, y: Tensor) -> Params:
        """Return parameters after the inner steps on one task's support x (k, ...), y (k, ...)."""
        params = state.params

        def support_loss(moving: Params, rest: Params) -> Tensor:
            return self.loss(self.forward(rest | moving, x), y)

        for _ in range(self.steps):
            moving = {k: v for k, v in params.items() if self.moves is None or k in self.moves}
            gradient = grad(support_loss)(moving, params)
            if self.first_order:
                gradient = {k: g.detach() for k, g in gradient.items()}
            params = params | {k: v - state.rates[k] * gradient[k] for k, v in moving.items()}
        return params

    def meta_loss(self, params: Params, rates: Params, tasks: Tasks) -> Tensor:
        """Return the mean outer loss over tasks, a scalar."""
        outer = self.outer or self.loss

        def one(sx: Tensor, sy: Tensor, qx: Tensor, qy: Tensor) -> Tensor:
            adapted = self.adapt(State(params, rates), sx, sy)
            return outer(self.forward(adapted, qx), qy)

        per_task = vmap(one)(tasks.support_x, tasks.support_y, tasks.query_x, tasks.query_y)
        return per_task.mean()

    def meta_gradient(self, state: State, tasks: Tasks) -> tuple[State, float]:
        """Return the gradient of the outer loss by start and step sizes, and the loss."""
        which = (0, 1) if self.learn_rates else 0
        gradient, loss = grad_and_value(self.meta_loss, argnums=which)(state.params, state.rates, tasks)
        if self.learn_rates:
            return State(*gradient), float(loss)
        return State(gradient, {}), float(loss)

    def train(
        self, state: State, batches: Iterable[Tasks], *, rate: float = 1e-3, progress: Progress | None = None
    ) -> State:
        """Return the state after one Adam step per batch of tasks."""
        leaves = [*state.params.values(), *(state.rates.values() if self.learn_rates else ())]
        leaves = [leaf.clone().requires_grad_(True) for leaf in leaves]
        optimiser = torch.optim.Adam(leaves, rate)
        for step, tasks in enumerate(batches):
            state = self._state_of(state, leaves)
            gradient, loss = self.meta_gradient(state, tasks)
            for leaf, g in zip(leaves, [*gradient.params.values(), *gradient.rates.values()], strict=True):
                leaf.grad = g
            torch.nn.utils.clip_grad_norm_(leaves, 10.0)
            optimiser.step()
            if progress is not None:
                progress(step, loss)
        return self._state_of(state, leaves)

    def _state_of(self, state: State, leaves: list[Tensor]) -> State:
        values = [leaf.detach().clone() for leaf in leaves]
        params = dict(zip(state.params, values, strict=False))
        if not self.learn_rates:
            return State(params, state.rates)
        return State(params, dict(zip(state.rates, values[len(params) :], strict=True)))


def maml(forward: Forward, loss: Loss, *, steps: int = 5, outer: Loss | None = None) -> GradientLearner:
    """Return MAML: second order, all parameters move at one fixed rate."""
    return GradientLearner(forward, loss, steps, outer=outer)


def fomaml(forward: Forward, loss: Loss, *, steps: int = 5, outer: Loss | None = None) -> GradientLearner:
    """Return first-order MAML."""
    return GradientLearner(forward, loss, steps, first_order=True, outer=outer)


def meta_sgd(forward: Forward, loss: Loss, *, steps: int = 1, outer: Loss | None = None) -> GradientLearner:
    """Return Meta-SGD: second order, with a learned rate per parameter, by default in one step."""
    return GradientLearner(forward, loss, steps, learn_rates=True, outer=outer)


def anil(
    forward: Forward, loss: Loss, moves: frozenset[str], *, steps: int = 5, outer: Loss | None = None
) -> GradientLearner:
    """Return ANIL: as MAML, but only the parameters named in `moves` (the head) are adapted."""
    return GradientLearner(forward, loss, steps, moves=moves, outer=outer)
