"""MAML's second-order outer loop: flagfive computes all tasks of a step at once, higher one by one.

Both use the same network, tasks, inner steps and Adam. The gradients are compared before the timing starts.
The comparison uses higher 0.2.1 (Grefenstette et al. 2019, arXiv:1910.01727), which can still be installed.
learn2learn ships no wheels.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import higher
import torch
from torch import Tensor, nn
from torch.nn import functional

from meta.learners.gradient import GradientLearner, State, maml
from meta.learners.networks import Params, mlp, mlp_params
from meta.learners.tasks import Tasks

SIZES = (43, 64, 32, 1)  # of the shipped learners: a fraud task's tokens to one logit
SUPPORT, QUERY, INNER_STEPS, RATE = 74, 288, 5, 0.05


def loss_of(logits: Tensor, y: Tensor) -> Tensor:
    """Return the cross-entropy of logits (n, 1) and labels (n,)."""
    return functional.binary_cross_entropy_with_logits(logits[..., 0], y)


def draw(tasks: int, seed: int) -> Tasks:
    """Draw random tasks with the shape of fraud tasks."""
    random = torch.Generator().manual_seed(seed)

    def part(rows: int) -> tuple[Tensor, Tensor]:
        x = torch.randn(tasks, rows, SIZES[0], generator=random)
        direction = torch.randn(tasks, SIZES[0], 1, generator=random)
        return x, (x @ direction > 0).float()[..., 0]

    return Tasks(*part(SUPPORT), *part(QUERY))


def our_learner() -> GradientLearner:
    """Return MAML over the network that both train."""
    return maml(mlp, loss_of, steps=INNER_STEPS)


def our_step() -> Callable[[Tasks], Params]:
    """Compute a meta-gradient with `meta.learners`."""
    learner, state = our_learner(), State.start(mlp_params(SIZES, seed=0), RATE)
    return lambda tasks: learner.meta_gradient(state, tasks)[0].params


def higher_step() -> Callable[[Tasks], Params]:
    """Compute the same meta-gradient with higher, as its documentation shows."""
    params = mlp_params(SIZES, seed=0)
    model = nn.Sequential(*_layers(params))
    inner = torch.optim.SGD(model.parameters(), RATE)

    def step(tasks: Tasks) -> Params:
        model.zero_grad()
        for task in range(len(tasks)):
            with higher.innerloop_ctx(model, inner, copy_initial_weights=False) as (fast, optimiser):
                for _ in range(INNER_STEPS):
                    optimiser.step(loss_of(fast(tasks.support_x[task]), tasks.support_y[task]))
                loss = loss_of(fast(tasks.query_x[task]), tasks.query_y[task])
                torch.autograd.backward(loss / len(tasks))
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        names = [f"{kind}{layer}" for layer in range(len(SIZES) - 1) for kind in "wb"]
        return {n: g.T if n[0] == "w" else g for n, g in zip(names, gradients, strict=True)}

    return step


def _layers(params: Params) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for number in range(len(SIZES) - 1):
        layer = nn.Linear(SIZES[number], SIZES[number + 1])
        with torch.no_grad():
            layer.weight.copy_(params[f"w{number}"].T)
            layer.bias.copy_(params[f"b{number}"])
        layers += [layer, nn.ReLU()]
    return layers[:-1]


def tasks_a_second(steps: dict[str, Callable[[Tasks], Params]], tasks: int, rounds: int) -> dict[str, float]:
    """Return the best of `rounds` for each in tasks per CPU second, on one thread, measured in turn.

    Raises AssertionError if the gradients differ, since the two would then do different work.
    """
    drawn = draw(tasks, seed=1)
    ours, theirs = (step(drawn) for step in steps.values())
    for name, gradient in ours.items():
        torch.testing.assert_close(theirs[name], gradient, rtol=1e-3, atol=1e-5)
    best = dict.fromkeys(steps, float("inf"))
    for _ in range(rounds):
        for name, step in steps.items():
            begun = time.process_time()
            step(drawn)
            best[name] = min(best[name], time.process_time() - begun)
    return {name: tasks / seconds for name, seconds in best.items()}
