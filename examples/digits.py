"""Five-way classification of handwritten digits unseen in meta-training, from 1 or 5 drawings of each.

Each seed holds out five digits. The other five, rotated by 0, 90, 180 and 270 degrees, are twenty kinds to
learn from. The example compares MAML with prototypical and relation networks. Three methods need no episodes:
nearest centroid and logistic regression on pixels, and a new last layer on a network that classifies the
twenty kinds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.func import vmap
from torch.nn import functional

from examples.digit_kinds import WAYS, Kinds, split
from examples.learning import predict, seeded, train, train_pooled
from examples.scores import Example, Score, Summary
from meta.learners.gradient import GradientLearner, State, maml
from meta.learners.metric import MetricLearner, prototype_logits, relation_logits, relation_params
from meta.learners.networks import Params, mlp, mlp_params
from meta.learners.tasks import Tasks

SHOTS = (1, 5)
TIMES = (0.1, 0.3, 1.0, 3.0, 10.0)  # factors of the inner rate used in training
INNER, STEPS = 0.05, 5
EMBEDDING, JUDGE = (64, 128, 64), 64
Predict = Callable[[Tasks], Tensor]
Learned = tuple[GradientLearner, State]
PIXELS: Params = {"w0": torch.eye(64), "b0": torch.zeros(64)}


def measure(seed: int, quick: bool) -> list[Score]:
    """Train every method with each number of shots, and test it on the held-out digits."""
    known, held_out = split(seed)
    scores: list[Score] = []
    for shots in SHOTS:
        at, generator = f"{shots} shot", seeded(seed)
        batches = [known.draw(16, shots, generator) for _ in range(40 if quick else 400)]
        test = held_out.draw(50 if quick else 400, shots, seeded(seed + 1_000))
        begun = time.process_time()
        learned = trained_maml(batches, seed)
        for name, predicts, kept in methods(known, batches, learned, seed):
            trained = time.process_time()
            scores.append(Score("accuracy", name, at, accuracy(predicts(test), test)))
            per_task = 1e3 * (time.process_time() - trained) / len(test)
            scores += [
                Score("meta-training, CPU seconds", name, at, trained - begun),
                Score("adapting and answering, CPU ms a task", name, at, per_task),
                Score("numbers kept for a task", name, at, kept),
            ]
            begun = time.process_time()
        scores += _sensitivity(learned, test, at)
    return scores


def methods(
    known: Kinds, batches: list[Tasks], learned: Learned, seed: int
) -> Iterator[tuple[str, Predict, float]]:
    """Yield name, trained prediction, and how many numbers it keeps for a task."""
    size = sum(v.numel() for v in learned[1].params.values())
    yield "MAML", partial(predict, *learned), size
    embedding = mlp_params(EMBEDDING, seed=seed)
    prototypical = MetricLearner(partial(prototype_logits, ways=WAYS))
    yield "prototypes", _compare(prototypical, embedding, batches), WAYS * EMBEDDING[-1]
    relation = MetricLearner(partial(relation_logits, ways=WAYS))
    judge = relation_params(embedding, JUDGE, seed=seed)
    yield "relation", _compare(relation, judge, batches), WAYS * JUDGE
    yield "new last layer", _new_last_layer(known, len(batches), seed), WAYS * (1 + EMBEDDING[-1])
    centroid = MetricLearner(partial(prototype_logits, ways=WAYS))
    yield "nearest centroid", partial(_answer, centroid, PIXELS), WAYS * 64
    yield "logistic on pixels", logistic, WAYS * 65


def trained_maml(batches: list[Tasks], seed: int) -> tuple[GradientLearner, State]:
    """Return MAML with the state trained on these batches."""
    learner = maml(mlp, functional.cross_entropy, steps=STEPS)
    return learner, train(
        learner, State.start(mlp_params((*EMBEDDING, WAYS), seed=seed), INNER), batches, 2e-3
    )


def logistic(tasks: Tasks, embedding: Params = PIXELS) -> Tensor:
    """Return the log-odds of a logistic regression fitted to each support, on pixels or an embedding."""
    made = []
    for sx, sy, qx in zip(tasks.support_x, tasks.support_y, tasks.query_x, strict=True):
        model = LogisticRegression(C=10.0, max_iter=200).fit(mlp(embedding, sx).numpy(), sy.numpy())
        made.append(torch.from_numpy(model.decision_function(mlp(embedding, qx).numpy())))
    return torch.stack(made)


def accuracy(logits: Tensor, tasks: Tasks) -> float:
    """Return the share of queries whose largest logit is that of their kind."""
    return float((logits.argmax(-1) == tasks.query_y).float().mean())


def _compare(learner: MetricLearner, params: Params, batches: list[Tasks]) -> Predict:
    return partial(_answer, learner, learner.train(params, batches, rate=2e-3))


def _answer(learner: MetricLearner, params: Params, tasks: Tasks) -> Tensor:
    logits: Tensor = vmap(partial(learner.logits, params))(tasks.support_x, tasks.support_y, tasks.query_x)
    return logits


def _new_last_layer(known: Kinds, batches: int, seed: int) -> Predict:
    """Train a network on all known kinds; a task gets a logistic regression on its last hidden layer."""
    generator = seeded(seed)
    rows = [known.rows(160, generator) for _ in range(batches)]
    nothing = torch.zeros(1, 0)
    pooled = [Tasks(nothing, nothing, x[None], y[None]) for x, y in rows]
    start = mlp_params((*EMBEDDING, len(known.images)), seed=seed)
    params = train_pooled(mlp, functional.cross_entropy, start, pooled, 2e-3)
    last = len(EMBEDDING) - 1
    hidden = {k: v for k, v in params.items() if int(k[1:]) < last}
    return partial(logistic, embedding=hidden)


def _sensitivity(learned: Learned, test: Tasks, panel: str) -> list[Score]:
    learner, state = learned
    scores = []
    for times in TIMES:
        moved = State(state.params, {k: v * times for k, v in state.rates.items()})
        scores.append(
            Score(
                "accuracy by inner rate",
                f"MAML, {panel}",
                f"x{times:g}",
                accuracy(predict(learner, moved, test), test),
            )
        )
    return scores


def tell(summary: Summary) -> str:
    """Return a paragraph with the results, and advice on which method to choose."""
    one, five = (summary.best("accuracy", f"{shots} shot", lowest=False) for shots in SHOTS)
    maml_one, maml_five = (summary.of("accuracy", "MAML", f"{shots} shot") for shots in SHOTS)
    slow = summary.of("adapting and answering, CPU ms a task", "MAML", "5 shot").mean
    fast = summary.of("adapting and answering, CPU ms a task", "prototypes", "5 shot").mean
    far = summary.of("accuracy by inner rate", "MAML, 5 shot", f"x{TIMES[-1]:g}")
    return (
        f"Best with one drawing: {one.method} ({one.mean:.1%}); with five: {five.method} ({five.mean:.1%}); "
        f"MAML has {maml_one.mean:.1%} and {maml_five.mean:.1%}. A task costs MAML {slow:.2f} ms and "
        f"prototypes {fast:.2f}, and MAML has an inner rate to get wrong: at {TIMES[-1]:g} times the rate "
        f"it was trained with, {far.mean:.1%} remain. Choose prototypes where classes are the task; choose "
        "gradient steps where the task is not a comparison: other losses, regression, or supports that "
        "grow."
    )


EXAMPLE = Example(
    "Held-out digits, five ways",
    "",
    "",
    measure,
    tell,
    frozenset({"adapting and answering, CPU ms a task", "numbers kept for a task"}),
)
