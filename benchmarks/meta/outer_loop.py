"""MAML's outer loop, second order: all tasks of a step at once here, one task after another in higher.

Both take the same network, tasks, inner steps and Adam; both gradients are compared before anything is timed.
higher 0.2.1 (Grefenstette et al. 2019, arXiv:1910.01727) is the one of the two that is still installable:
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
    """Cross-entropy of logits (n, 1) and labels (n,)."""
    return functional.binary_cross_entropy_with_logits(logits[..., 0], y)


def draw(tasks: int, seed: int) -> Tasks:
    """Random tasks of the shape that fraud tasks have."""
    random = torch.Generator().manual_seed(seed)

    def part(rows: int) -> tuple[Tensor, Tensor]:
        x = torch.randn(tasks, rows, SIZES[0], generator=random)
        direction = torch.randn(tasks, SIZES[0], 1, generator=random)
        return x, (x @ direction > 0).float()[..., 0]

    return Tasks(*part(SUPPORT), *part(QUERY))


def our_learner() -> GradientLearner:
    """MAML over the network that both train."""
    return maml(mlp, loss_of, steps=INNER_STEPS)


def our_step() -> Callable[[Tasks], Params]:
    """A meta-gradient as `meta.learners` takes it."""
    learner, state = our_learner(), State.start(mlp_params(SIZES, seed=0), RATE)
    return lambda tasks: learner.meta_gradient(state, tasks)[0].params


def higher_step() -> Callable[[Tasks], Params]:
    """The same as higher's documentation writes it."""
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
    """Best of `rounds` for each, in turn, in tasks of a CPU second, of which there is one thread.

    Raises AssertionError where the gradients differ: then they would not do the same work.
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
