"""Meta-trains the gradient and metric learners on drawn fraud tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from meta.adapters import anil, fomaml, maml, metasgd, reptile
from meta.adapters.gradient import GENUINE
from meta.arrays import Tensors
from meta.device import reproducible
from meta.learner_model import LearnerModel, named_tensors
from meta.learners.gradient import State
from meta.learners.losses import ranking_loss
from meta.learners.metric import MetricLearner, prototype_logits, relation_logits, relation_params
from meta.learners.networks import Params, mlp_params
from meta.learners.tasks import Tasks
from meta.sampler import COUNTS, Sampler

GRADIENT = {
    "maml": maml.learner(),
    "fomaml": fomaml.learner(),
    "metasgd": metasgd.learner(),
    "anil": anil.learner(),
}
METRIC = ("protonet", "relation")


@dataclass(frozen=True)
class LearnerSettings:
    """Settings of all learners.

    Attributes:
        steps: Meta-steps of each learner.
        tasks: Tasks of a step.
        hidden: Widths of the hidden layers.
        inner_rate: Step size of the inner steps, at the start.
        rate: Learning rate of the outer steps.
        seed: Seed of all that is drawn.
    """

    steps: int = 300
    tasks: int = 64
    hidden: tuple[int, int] = (64, 32)
    inner_rate: float = 0.05
    rate: float = 2e-3
    seed: int = 0


def train_learners(
    sampler: Sampler, features: tuple[str, ...], settings: LearnerSettings, *, device: str = "cpu"
) -> LearnerModel:
    """Train all gradient and metric learners on tasks of `sampler`.

    Equal seeds give equal bytes on one device.
    """
    with reproducible(device):
        tensors = _gradient_tensors(sampler, settings, device)
        for name in METRIC:
            params = train_metric(name, sampler, sampler.normaliser.tokens, settings, device=device)
            tensors |= named_tensors(name, "params", params)
    return LearnerModel(features, sampler.normaliser, tensors)


def _gradient_tensors(sampler: Sampler, settings: LearnerSettings, device: str) -> Tensors:
    tensors: Tensors = {}
    start = _on(device, mlp_params((sampler.normaliser.tokens, *settings.hidden, 1), seed=settings.seed))
    for name, learner in GRADIENT.items():
        drawn = batches(sampler, settings, device=device)
        state = learner.train(State.start(start, settings.inner_rate), drawn, rate=settings.rate)
        tensors |= _of_state(name, state)
    drawn = batches(sampler, settings, device=device)
    state = reptile.learner().train(State.start(start, settings.inner_rate), drawn, total=settings.steps)
    return tensors | _of_state("reptile", state)


def train_metric(
    name: str, sampler: Sampler, columns: int, settings: LearnerSettings, *, device: str = "cpu"
) -> Params:
    """Return the trained parameters of `protonet` or `relation`."""
    embedding = mlp_params((columns, *settings.hidden), seed=settings.seed)
    if name == "relation":
        params = relation_params(embedding, 32, seed=settings.seed)
        logits = _relation
    else:
        params, logits = embedding | {"scale": torch.tensor([-2.0])}, _prototype
    drawn = batches(sampler, settings, whole=True, device=device)
    return MetricLearner(logits, _margin_loss).train(_on(device, params), drawn, rate=settings.rate)


def batches(
    sampler: Sampler, settings: LearnerSettings, *, whole: bool = False, device: str = "cpu"
) -> Iterator[Tasks]:
    """Yield `steps` batches of tasks with equal numbers of flags; `whole` gives integer labels."""
    rng = np.random.default_rng(settings.seed)
    for _ in range(settings.steps):
        k = int(rng.choice(COUNTS))
        drawn = [sampler.draw(k) for _ in range(settings.tasks)]
        sx = np.stack([np.concatenate([t.support, t.background[:GENUINE]]) for t in drawn])
        qx = np.stack([np.concatenate([t.fraud, t.genuine]) for t in drawn])
        tasks = Tasks(
            torch.from_numpy(sx),
            _labels(len(drawn), k, sx.shape[1], whole),
            torch.from_numpy(qx),
            _labels(len(drawn), drawn[0].fraud.shape[0], qx.shape[1], whole),
        )
        yield tasks.to(device)


def _on(device: str, params: Params) -> Params:
    return {name: value.to(device) for name, value in params.items()}


def _labels(tasks: int, fraud: int, rows: int, whole: bool) -> Tensor:
    y = torch.zeros(tasks, rows, dtype=torch.long if whole else torch.float32)
    y[:, :fraud] = 1
    return y


def _of_state(name: str, state: State) -> Tensors:
    return named_tensors(name, "params", state.params) | named_tensors(name, "rates", state.rates)


def _prototype(params: Params, x: Tensor, y: Tensor, query: Tensor) -> Tensor:
    embedding = {k: v for k, v in params.items() if k != "scale"}
    return params["scale"].exp() * prototype_logits(embedding, x, y, query, ways=2)


def _relation(params: Params, x: Tensor, y: Tensor, query: Tensor) -> Tensor:
    return relation_logits(params, x, y, query, ways=2)


def _margin_loss(logits: Tensor, y: Tensor) -> Tensor:
    """Return `ranking_loss` of the logit of fraud minus that of genuine."""
    return ranking_loss((logits[..., 1] - logits[..., 0])[..., None], y.to(logits.dtype))
