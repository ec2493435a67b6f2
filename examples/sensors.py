"""Calibration of a new sensor from 1, 5 or 10 points, after training on other sensors of its kind.

A sensor reads a gas concentration through its own gain, offset, curvature, drift with age, cross-sensitivity
to temperature, and noise. Each sensor is a task: predict the concentration from reading, temperature and age,
given a few points with known concentration. The learners train on the calibrations of other sensors. The
baselines are a laboratory's methods: the average curve of all, least squares for each sensor, fine-tuning of
the average, and least squares drawn to the population (ridge towards the mean sensor, with the covariance of
the others' coefficients).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from examples.learning import best_fine_tuning, predict, seeded, train, train_pooled
from examples.scores import Example, Score, Summary
from meta.learners.gradient import GradientLearner, State, anil, maml, meta_sgd
from meta.learners.networks import last_layer, mlp, mlp_params
from meta.learners.tasks import Tasks

POINTS = (1, 5, 10)
SIZES = (3, 48, 48, 1)
NOISE = 0.02  # of a reading, where the concentration runs from 0 to 1
Estimate = Callable[[Tasks], Tensor]


def sensors(tasks: int, k: int, q: int, generator: torch.Generator) -> Tasks:
    """Return sensors: x (tasks, k or q, 3) reading, temperature and age, y (.., 1) concentration, 0 to 1.

    Two production lines differ in gain and curvature; temperature runs from -1 to 1, age from 0 to 1.
    """

    def normal(centre: Tensor | float, spread: float) -> Tensor:
        return centre + spread * torch.randn(tasks, 1, generator=generator)

    line = (torch.rand(tasks, 1, generator=generator) < 0.5).float()
    gain, curve = normal(1.0 + 0.4 * line, 0.15), normal(0.6 - 0.5 * line, 0.1).clamp(min=0)
    offset, drift, cross = normal(0.0, 0.15), normal(-0.2, 0.1), normal(0.1, 0.1)
    truth = torch.rand(tasks, k + q, generator=generator)
    temperature = 2 * torch.rand(tasks, k + q, generator=generator) - 1
    age = torch.rand(tasks, k + q, generator=generator)
    ideal = gain * truth / (1 + curve * truth)
    reading = offset + ideal * (1 + drift * age) + cross * temperature * (0.5 + truth)
    reading = reading + NOISE * torch.randn(tasks, k + q, generator=generator)
    x, y = torch.stack([reading, temperature, age], -1), truth[..., None]
    return Tasks(x[:, :k], y[:, :k], x[:, k:], y[:, k:])


def terms(x: Tensor) -> Tensor:
    """Return the terms of least squares, (..., 7): 1, reading and its square, temperature, age, products."""
    r, t, a = x.unbind(-1)
    return torch.stack([torch.ones_like(r), r, r * r, t, a, r * t, r * a], -1)


def least_squares(tasks: Tasks) -> Tensor:
    """Return the estimate of a least squares fit to each sensor's own points, the smallest if many fit."""
    fitted: Tensor = torch.linalg.lstsq(
        terms(tasks.support_x).double(), tasks.support_y.double(), driver="gelsd"
    ).solution
    return (terms(tasks.query_x).double() @ fitted).float()


def drawn_to_population(known: Tasks) -> Estimate:
    """Return least squares with the prior of the other sensors: mean, covariance and noise."""
    a, y = terms(known.query_x).double(), known.query_y.double()
    each = torch.linalg.lstsq(a, y, driver="gelsd").solution
    noise = ((a @ each - y) ** 2).mean()
    mean = each.mean(0)
    spread = (each - mean).squeeze(-1)
    inverse = torch.linalg.inv(spread.T @ spread / len(spread) + 1e-6 * torch.eye(len(mean)))

    def estimate(tasks: Tasks) -> Tensor:
        b, z = terms(tasks.support_x).double(), tasks.support_y.double()
        precision = b.transpose(1, 2) @ b / noise + inverse
        fitted: Tensor = torch.linalg.solve(precision, b.transpose(1, 2) @ z / noise + inverse @ mean)
        return (terms(tasks.query_x).double() @ fitted).float()

    return estimate


def error(estimated: Tensor, tasks: Tasks) -> float:
    """Return the root mean squared error in percent of the range."""
    return 100 * float(((estimated - tasks.query_y) ** 2).mean().sqrt())


def learned(batches: list[Tasks], seed: int) -> dict[str, Estimate]:
    """Return the estimates of the gradient learners, trained on these batches of sensors."""
    start = State.start(mlp_params(SIZES, seed=seed), 0.05)
    made: dict[str, GradientLearner] = {
        "MAML": maml(mlp, functional.mse_loss, steps=3),
        "ANIL": anil(mlp, functional.mse_loss, last_layer(start.params), steps=3),
        "Meta-SGD": meta_sgd(mlp, functional.mse_loss, steps=3),
    }
    return {
        name: partial(predict, learner, train(learner, start, batches, 3e-3))
        for name, learner in made.items()
    }


def measure(seed: int, quick: bool) -> list[Score]:
    """Train on sensors with 1, 5 and 10 points in turn, and calibrate new ones."""
    generator = seeded(seed)
    batches = [sensors(25, POINTS[i % 3], 20, generator) for i in range(60 if quick else 1_800)]
    pooled = train_pooled(mlp, functional.mse_loss, mlp_params(SIZES, seed=seed), batches, 3e-3)
    methods = learned(batches, seed) | {
        "average curve": partial(
            predict, GradientLearner(mlp, functional.mse_loss, 0), State.start(pooled, 0.0)
        ),
        "least squares": least_squares,
        "drawn to population": drawn_to_population(sensors(500, 1, 200, generator)),
    }
    scores = []
    for k in POINTS:
        validation, test = (sensors(n, k, 100, seeded(seed + at)) for n, at in ((100, 1_000), (500, 2_000)))
        tuned = best_fine_tuning(
            mlp, functional.mse_loss, pooled, validation, steps=(5, 20), rates=(0.003, 0.01, 0.03, 0.1)
        )
        now = methods | {"fine-tuned average": partial(predict, *tuned)}
        scores += [
            Score("calibration", name, k, error(estimate(test), test)) for name, estimate in now.items()
        ]
    return scores


def tell(summary: Summary) -> str:
    """Return a paragraph with the results."""
    said = []
    for k in POINTS:
        best = summary.best("calibration", k, lowest=True)
        own = summary.best("calibration", k, lowest=True, among=("MAML", "ANIL", "Meta-SGD"))
        said.append(
            f"with {k} point{'s' * (k > 1)} {best.method} is best, off by {best.mean:.1f}% of the range "
            f"(best learner: {own.method}, {own.mean:.1f}%; least squares alone "
            f"{summary.of('calibration', 'least squares', k).mean:.1f}%)"
        )
    return "On new sensors, " + "; ".join(said) + "."


EXAMPLE = Example(
    "A new sensor: root mean squared error after calibration",
    "calibration points",
    "error, % of the range",
    measure,
    tell,
    frozenset({"calibration"}),
)
