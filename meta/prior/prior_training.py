"""Meta-trains the prior: gradients of a ranking loss through the closed form, over drawn tasks.

Source: Bertinetto et al. 2019, «Meta-learning with differentiable closed-form solvers», arXiv:1805.08136.
Here a network writes the regularisation of each episode instead of one learned constant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from meta.networks.export import array
from meta.prior.closed_form import JITTER, LEVEL
from meta.prior.kernel import ANCHORS
from meta.prior.prior_model import (
    DISTANCE,
    FOLD,
    LINE,
    MEAN,
    OF_ALL,
    OF_TOKEN,
    PENALTY,
    SHAPES,
    PriorModel,
)
from meta.prior.token_statistics import Background, Located, direction, token_statistics
from meta.sampler import COUNTS, Task

Progress = Callable[[int, int, float], None]


class DrawsTasks(Protocol):
    """A source of tasks: `meta.sampler.Sampler`, `meta.prior.tables.TableSampler`."""

    def draw(self, k: int) -> Task:
        """Return a task with `k` flags, in normal scores."""
        ...


@dataclass(frozen=True)
class PriorSettings:
    """Settings of the training.

    Attributes:
        steps: Steps of the optimiser.
        tasks: Tasks of a step.
        rate: Highest learning rate.
        payments: Share of tasks from the second source, 0 to 1.
        trust: Share of the learned corrections that the artifact uses. Half of them is better than all on
            ADBench's tables and the simulator's patterns: synthetic tasks are not real ones.
        seed: Seed of all that is drawn.
    """

    steps: int = 1600
    tasks: int = 8
    rate: float = 3e-3
    payments: float = 0.3
    trust: float = 0.5
    seed: int = 0


class PriorNet(nn.Module):
    """The network of `PriorModel` in torch. Its last layers start at 0: no corrections."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleDict({name: nn.Linear(*shape) for name, shape in SHAPES.items()}).double()
        for last in (self.layers["token"], self.layers["all"]):
            for weights in last.parameters():
                nn.init.zeros_(weights)
        self.sharpness = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))

    def forward(self, statistics: Tensor) -> tuple[Tensor, Tensor]:
        """Return corrections in +-1: of each token (t, 5), of all (4,)."""
        first = torch.relu(self.layers["first"](statistics))
        around = _pooled(first).expand(len(first), -1)
        second = torch.relu(self.layers["second"](torch.cat([first, around], 1)))
        return torch.tanh(self.layers["token"](second)), torch.tanh(self.layers["all"](_pooled(second)))

    def model(self, provenance: dict[str, Any], trust: float = 1.0) -> PriorModel:
        """Return the weights as an artifact that uses a share of the corrections, 0 to 1."""
        weights = {}
        for name in SHAPES:
            weight, bias = self.layers[name].parameters()
            weights[name] = array(weight).T.astype(np.float32)
            weights[f"{name}_bias"] = array(bias).astype(np.float32)
        return PriorModel(weights, provenance, trust)


def train_prior(
    tables: DrawsTasks,
    payments: DrawsTasks | None,
    settings: PriorSettings,
    *,
    progress: Progress | None = None,
) -> PriorModel:
    """Train a prior; equal sources, seeds and settings give equal bytes on one processor type.

    Args:
        tables: Draws tasks of synthetic tables.
        payments: Draws tasks of synthetic payment fraud; None trains on tables alone.
        settings: Steps, sizes and seed.
        progress: Called every 50 steps with step, number of steps and mean loss.

    Returns:
        The trained prior.
    """
    torch.manual_seed(settings.seed)
    rng, net = np.random.default_rng(settings.seed), PriorNet()
    optimiser = torch.optim.AdamW(net.parameters(), lr=settings.rate, weight_decay=1e-2)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.rate, settings.steps, pct_start=0.1)
    recent: list[float] = []
    for step in range(settings.steps):
        losses = []
        for _ in range(settings.tasks):
            source = payments if payments is not None and rng.random() < settings.payments else tables
            losses.append(task_loss(net, source.draw(int(rng.choice(COUNTS)))))
        loss = torch.stack(losses).mean()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        rates.step()
        recent.append(float(loss.detach()))
        if progress is not None and (step + 1) % 50 == 0:
            progress(step + 1, settings.steps, float(np.mean(recent[-50:])))
    return net.model({"settings": asdict(settings)}, settings.trust)


def task_loss(net: PriorNet, task: Task) -> Tensor:
    """Return how badly later frauds rank among later genuine rows.

    It is the cross-entropy of telling each fraud from all genuine rows: the highest of them weigh most, as
    they do under a small alert budget.
    """
    scores = torch.cat(task_scores(net, task))
    scores = net.sharpness.exp() * scores / scores.std()
    fraud, genuine = scores[: len(task.fraud)], scores[len(task.fraud) :]
    return torch.logaddexp(fraud, genuine.logsumexp(0)).sub(fraud).mean()


def task_scores(net: PriorNet, task: Task) -> tuple[Tensor, Tensor]:
    """Return the scores of a task's later frauds and later genuine rows under its closed form."""
    located = Located.of(task.support, Background.of(task.background))
    of_token, of_all = net(torch.from_numpy(token_statistics(located)).double())
    flags, genuine, fraud, later = (
        torch.from_numpy(Z).double() for Z in (task.support, task.background, task.fraud, task.genuine)
    )
    anchors = torch.cat([flags, genuine[: ANCHORS - len(flags)]])
    scale = torch.exp(of_token[:, :3] * torch.tensor(OF_TOKEN))
    overall = torch.exp(of_all * torch.tensor(OF_ALL))
    mean = MEAN * of_token[:, 3:] / len(of_token) ** 0.5
    line, fold, metric = LINE * overall[0] * scale[:, 0], FOLD * overall[1] * scale[:, 1], scale[:, 2]
    at = anchors * metric
    unit = _distances(genuine * metric, at).mean()

    def read(Z: Tensor) -> Tensor:
        far = DISTANCE * overall[2] * (LEVEL - _distances(Z * metric, at) / unit)
        return torch.cat([Z * line, Z.abs() * fold, far, torch.ones(len(Z), 1, dtype=Z.dtype)], 1)

    of_flags, of_genuine = read(flags), read(genuine)
    gram = of_flags.T @ of_flags * (0.5 / len(flags)) + of_genuine.T @ of_genuine * (0.5 / len(genuine))
    between = LEVEL - _distances(at, at) / unit + JITTER * torch.eye(len(at), dtype=at.dtype)
    penalty = torch.zeros_like(gram)  # the intercept, last, has none
    penalty[: 2 * len(line), : 2 * len(line)] = torch.eye(2 * len(line), dtype=at.dtype)
    penalty[2 * len(line) : -1, 2 * len(line) : -1] = between
    penalty = PENALTY * overall[3] * penalty
    toward = torch.from_numpy(direction(located))
    expected = torch.cat([mean[:, 0] * toward, mean[:, 1], torch.zeros(len(at) + 1, dtype=at.dtype)])
    wanted = 0.5 * of_flags.mean(0) - 0.5 * of_genuine.mean(0) + penalty @ expected
    weights = torch.linalg.solve(gram + penalty, wanted)
    return read(fraud) @ weights, read(later) @ weights


def _distances(A: Tensor, B: Tensor) -> Tensor:
    squared = (A * A).sum(1)[:, None] + (B * B).sum(1) - 2 * A @ B.T
    return squared.clamp(min=1e-9).sqrt()  # at 0 the root has no slope


def _pooled(x: Tensor) -> Tensor:
    return torch.cat([x.mean(0), x.max(0).values])
