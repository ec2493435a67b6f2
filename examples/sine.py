"""Sine regression: amplitude and phase of a wave from 5 or 10 points.

The tasks are those of Finn et al. 2017 (arXiv:1703.03400, section 5.1): amplitude 0.1 to 5, phase 0 to pi,
x in +-5. A network of 40 and 40 units is meta-trained with 10 points and one inner step. It then takes 0, 1
and 10 steps on new waves. The baselines are fine-tuning from joint training, a Gaussian process, and an
oracle that knows that the curve is a sine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from examples.learning import after, best_fine_tuning, predict, seeded, train, train_pooled
from examples.scores import Example, Score, Summary
from meta.learners.gradient import GradientLearner, State, fomaml, maml, meta_sgd
from meta.learners.networks import mlp, mlp_params
from meta.learners.reptile import Reptile
from meta.learners.tasks import Tasks

SIZES = (1, 40, 40, 1)
POINTS = (5, 10)
STEPS = (0, 1, 10)
INNER = 0.01  # the rate of the paper
DIVERGED = 100.0  # far above the error of predicting 0, which is about 4
Learned = tuple[GradientLearner, State]


@dataclass(frozen=True)
class Waves:
    """A distribution of waves y = a sin(f x - p): bounds of amplitude a, phase p and frequency f."""

    amplitude: tuple[float, float] = (0.1, 5.0)
    phase: tuple[float, float] = (0.0, math.pi)
    frequency: tuple[float, float] = (1.0, 1.0)

    def waves(self, count: int, generator: torch.Generator) -> Tensor:
        """Return amplitude, frequency and phase (3, count, 1, 1) of waves drawn evenly between the bounds."""
        bounds = torch.tensor([self.amplitude, self.frequency, self.phase])[:, :, None, None, None]
        return torch.lerp(bounds[:, 0], bounds[:, 1], torch.rand(3, count, 1, 1, generator=generator))

    def draw(self, tasks: int, k: int, q: int, generator: torch.Generator) -> Tasks:
        """Return points of `tasks` fresh waves, see `points_of`."""
        return points_of(self.waves(tasks, generator), k, q, generator)

    def batches(self, count: int, k: int, seed: int, tasks: int = 25) -> list[Tasks]:
        """Return `count` batches of fresh waves."""
        generator = seeded(seed)
        return [self.draw(tasks, k, k, generator) for _ in range(count)]


def points_of(waves: Tensor, k: int, q: int, generator: torch.Generator) -> Tasks:
    """Return k support and q query points of each wave, x and y of shape (tasks, k or q, 1)."""
    amplitude, frequency, phase = waves
    x = torch.rand(len(amplitude), k + q, 1, generator=generator) * 10 - 5
    y = amplitude * torch.sin(frequency * x - phase)
    return Tasks(x[:, :k], y[:, :k], x[:, k:], y[:, k:])


def learners(batches: list[Tasks], seed: int) -> Iterator[tuple[str, Learned]]:
    """Yield name, learner and trained state of each gradient learner."""
    start = State.start(mlp_params(SIZES, seed=seed), INNER)
    for make in (maml, fomaml, meta_sgd):
        learner = make(mlp, functional.mse_loss, steps=1)
        name = {"maml": "MAML", "fomaml": "FOMAML", "meta_sgd": "Meta-SGD"}[make.__name__]
        yield name, (learner, train(learner, start, batches, 3e-3))
    reptile = Reptile(mlp, functional.mse_loss, steps=10, pull=0.5)
    slower = State(start.params, {k: v / 3 for k, v in start.rates.items()})  # ten steps at INNER diverge
    yield "Reptile", (reptile.inner, reptile.train(slower, batches, total=len(batches)))


def error(learned: Learned, tasks: Tasks, steps: int) -> float:
    """Return the mean squared error on the queries after `steps` inner steps."""
    learner, state = learned
    return squared(predict(after(learner, steps), state, tasks), tasks)


def squared(predicted: Tensor, tasks: Tasks) -> float:
    """Return the mean squared error on the queries, at most DIVERGED; DIVERGED if it is not a number."""
    value = float(((predicted - tasks.query_y) ** 2).mean())
    return min(value, DIVERGED) if math.isfinite(value) else DIVERGED


def gaussian_process(width: float, noise: float) -> Callable[[Tasks], Tensor]:
    """Return a Gaussian process's prediction: kernel of length `width`, noise as a share of its variance."""

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return torch.exp(-((a - b.transpose(1, 2)) ** 2) / (2 * width**2))

    def of(tasks: Tasks) -> Tensor:
        x = tasks.support_x
        weights = torch.linalg.solve(kernel(x, x) + noise * torch.eye(x.shape[1]), tasks.support_y)
        predicted: Tensor = kernel(tasks.query_x, x) @ weights
        return predicted

    return of


def oracle(tasks: Tasks) -> Tensor:
    """Return the prediction of least squares on sin x and cos x, which knows the family of curves."""

    def basis(x: Tensor) -> Tensor:
        return torch.cat([torch.sin(x), torch.cos(x)], -1)

    fitted: Tensor = torch.linalg.lstsq(basis(tasks.support_x), tasks.support_y).solution
    return basis(tasks.query_x) @ fitted


def measure(seed: int, quick: bool) -> list[Score]:
    """Train all learners on 10 points, and test them on 5 and 10 points of new waves."""
    waves = Waves()
    batches = waves.batches(60 if quick else 2_500, 10, seed)
    learned = dict(learners(batches, seed))
    pooled = train_pooled(mlp, functional.mse_loss, mlp_params(SIZES, seed=seed), batches, 3e-3)
    scores: list[Score] = []
    for k in POINTS:
        validation, test = (waves.draw(n, k, 50, seeded(seed + at)) for n, at in ((100, 1_000), (600, 2_000)))
        panel = f"{k} points"
        for steps in STEPS:
            tuned = best_fine_tuning(
                mlp,
                functional.mse_loss,
                pooled,
                validation,
                steps=(steps,),
                rates=(0.0003, 0.001, 0.003, 0.01, 0.03),
            )
            for name, pair in (learned | {"fine-tuning": tuned}).items():
                scores.append(Score(panel, name, steps, error(pair, test, steps)))
        scores += _without_steps(panel, validation, test)
    return scores


def _without_steps(panel: str, validation: Tasks, test: Tasks) -> list[Score]:
    processes = [gaussian_process(width, noise) for width in (0.7, 1.0, 1.5, 2.0) for noise in (1e-4, 1e-2)]
    chosen = min(processes, key=lambda process: squared(process(validation), validation))
    found = {"Gaussian process": chosen(test), "oracle": oracle(test)}
    return [Score(panel, name, at, squared(p, test)) for name, p in found.items() for at in STEPS]


def tell(summary: Summary) -> str:
    """Return a paragraph with the results."""
    few, many = (summary.of(f"{k} points", "MAML", 1) for k in POINTS)
    tuned = summary.of("10 points", "fine-tuning", 10)
    best = summary.best("10 points", 1, lowest=True, among=("MAML", "FOMAML", "Meta-SGD", "Reptile"))
    process = summary.of("10 points", "Gaussian process", 1)
    return (
        f"After one step MAML is off by {few.mean:.2f} (mean squared error) with 5 points and "
        f"{many.mean:.2f} with 10; the best learner after one step is {best.method} with {best.mean:.2f}. "
        f"Fine-tuning from joint training stays at {tuned.mean:.2f} after ten steps, since the average of "
        "all waves is nearly flat. A Gaussian process, which needs no other waves at all, reaches "
        f"{process.mean:.2f}; who knows that the curve is a sine needs two points and no learning."
    )


EXAMPLE = Example(
    "Sine regression: mean squared error on new waves",
    "inner steps",
    "mean squared error",
    measure,
    tell,
    frozenset({"5 points", "10 points"}),
)
