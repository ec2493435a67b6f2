"""Pitfalls of meta-learning, shown on waves: each panel is one mistake with a better alternative.

1. Tasks that differ from those of meta-training: faster waves, then larger ones.
2. Few tasks: the same 5, 20, 100 waves repeatedly. Errors on those waves and on new ones diverge.
3. An unsuitable inner rate, before and after meta-training with it; learned rates for comparison.
4. Tasks that are nearly alike: inner steps on few points do more harm than good for every learner.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from examples.learning import best_fine_tuning, seeded, train, train_pooled
from examples.scores import Example, Score, Summary
from examples.sine import SIZES, Learned, Waves, error, gaussian_process, points_of, squared
from meta.learners.gradient import State, maml, meta_sgd
from meta.learners.networks import mlp, mlp_params
from meta.learners.tasks import Tasks

POINTS, STEPS, INNER = 10, 5, 0.01
FEW = (5, 20, 100, 1_000)
RATES = (0.001, 0.003, 0.01, 0.03, 0.1)
SEEN = Waves()
FASTER, LARGER = Waves(frequency=(1.5, 2.0)), Waves(amplitude=(5.0, 10.0))
ALIKE = Waves(amplitude=(2.0, 2.2), phase=(0.0, 0.2))


def measure(seed: int, quick: bool) -> list[Score]:
    """Measure all four mistakes."""
    count = 40 if quick else 1_000
    learned = _maml(SEEN.batches(count, POINTS, seed), seed)
    return [
        *_mismatch(learned, seed),
        *_few_tasks(learned, count, seed),
        *_inner_rates(count // 2, seed),
        *_alike(learned, count, seed),
    ]


def _maml(batches: list[Tasks], seed: int, rate: float = INNER) -> Learned:
    learner = maml(mlp, functional.mse_loss, steps=1)
    return learner, train(learner, State.start(mlp_params(SIZES, seed=seed), rate), batches, 3e-3)


def _mismatch(learned: Learned, seed: int) -> list[Score]:
    process = gaussian_process(1.0, 1e-2)
    scores = []
    for name, waves in (("as trained", SEEN), ("faster", FASTER), ("larger", LARGER)):
        test = waves.draw(500, POINTS, 50, seeded(seed + 2_000))
        nothing = float((test.query_y**2).mean())
        found = {"MAML": error(learned, test, STEPS), "Gaussian process": squared(process(test), test)}
        scores += [Score("other tasks", m, name, v / nothing) for m, v in found.items()]
    return scores


def _few_tasks(unlimited: Learned, count: int, seed: int) -> list[Score]:
    """Meta-train on a fixed set of waves with fresh points each time; `unlimited` is trained on new waves."""
    new = SEEN.draw(500, POINTS, 50, seeded(seed + 2_000))
    scores = []
    for tasks in FEW:
        learned = _maml(_repeated(tasks, count, seed), seed)
        again = points_of(SEEN.waves(tasks, seeded(seed + 4_000)), POINTS, 50, seeded(seed + 3_000))
        scores += [
            Score("few tasks", "waves of meta-training", f"{tasks:,}", error(learned, again, STEPS)),
            Score("few tasks", "new waves", f"{tasks:,}", error(learned, new, STEPS)),
        ]
    return [*scores, Score("few tasks", "new waves", "no end", error(unlimited, new, STEPS))]


def _repeated(tasks: int, count: int, seed: int) -> list[Tasks]:
    """Return `count` batches of 25 waves out of the same few, with fresh points each time."""
    generator = seeded(seed)
    waves = SEEN.waves(tasks, seeded(seed + 4_000))
    chosen = [torch.randint(tasks, (25,), generator=generator) for _ in range(count)]
    return [points_of(waves[:, which], POINTS, POINTS, generator) for which in chosen]


def _inner_rates(count: int, seed: int) -> list[Score]:
    batches = SEEN.batches(count, POINTS, seed)
    test = SEEN.draw(500, POINTS, 50, seeded(seed + 2_000))
    ordinary, state = _maml(batches, seed)
    learned = meta_sgd(mlp, functional.mse_loss, steps=1)
    own = train(learned, State.start(state.params, INNER), batches, 3e-3)
    scores = []
    for rate in RATES:
        moved = State.start(state.params, rate)
        found = {
            f"trained with {INNER:g}, used with": error((ordinary, moved), test, 1),
            "trained and used with": error(_maml(batches, seed, rate), test, 1),
            "learned": error((learned, own), test, 1),
        }
        scores += [Score("inner rate", method, rate, value) for method, value in found.items()]
    return scores


def _alike(learned: Learned, count: int, seed: int) -> list[Score]:
    """Compare MAML with joint training and fine-tuning on waves that are nearly alike."""
    batches = ALIKE.batches(count // 2, POINTS, seed)
    validation, test = (
        ALIKE.draw(n, POINTS, 50, seeded(seed + at)) for n, at in ((100, 1_000), (500, 2_000))
    )
    # Joint training gets four times the batches: together they take about as long as MAML's.
    many = ALIKE.batches(2 * count, POINTS, seed)
    pooled = train_pooled(mlp, functional.mse_loss, mlp_params(SIZES, seed=seed), many, 3e-3)
    own = _maml(batches, seed)
    scores = []
    for steps in (0, 1, STEPS):
        tuned = best_fine_tuning(
            mlp,
            functional.mse_loss,
            pooled,
            validation,
            steps=(steps,),
            rates=(0.0001, 0.0003, 0.001, 0.003, 0.01),
        )
        found = {"fine-tuning": tuned, "MAML": own, "MAML of other waves": learned}
        scores += [
            Score("tasks nearly alike", m, steps, error(pair, test, steps)) for m, pair in found.items()
        ]
    return scores


def tell(summary: Summary) -> str:
    """Return a paragraph with the results."""

    def found(panel: str, method: str, at: float | str) -> float:
        return summary.of(panel, method, at).mean

    few, memory = (found("few tasks", who, f"{FEW[0]}") for who in ("new waves", "waves of meta-training"))
    return (
        f"Share of the variance left by MAML: {found('other tasks', 'MAML', 'as trained'):.2f} on waves as "
        f"it was trained on, {found('other tasks', 'MAML', 'faster'):.2f} on faster and "
        f"{found('other tasks', 'MAML', 'larger'):.2f} on larger ones. Meta-trained on {FEW[0]} waves it is "
        f"off by {memory:.2f} on these and by {few:.2f} on new ones. An inner rate of {RATES[-1]:g} after "
        f"training with {INNER:g} gives "
        f"{found('inner rate', f'trained with {INNER:g}, used with', RATES[-1]):.2f}; learned rates give "
        f"{found('inner rate', 'learned', RATES[0]):.2f}. Where waves are nearly alike, fine-tuning after "
        f"{STEPS} steps is off by {found('tasks nearly alike', 'fine-tuning', STEPS):.4f}, MAML by "
        f"{found('tasks nearly alike', 'MAML', STEPS):.4f}."
    )


EXAMPLE = Example(
    "Pitfalls, on waves",
    "",
    "mean squared error (other tasks: share of the variance)",
    measure,
    tell,
    frozenset({"few tasks", "inner rate", "tasks nearly alike"}),
)
