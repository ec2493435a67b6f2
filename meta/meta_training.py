"""Meta-trains the evidence network: a few thousand small steps over drawn tasks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from meta.device import reproducible
from meta.early_stopping import EarlyStopping
from meta.networks.evidence import EvidenceNet
from meta.sampler import COUNTS, Sampler, Task

Progress = Callable[[int, int, float], None]


FEWEST_STEPS = 4  # the learning rate rises in two and falls in two
KNOWN_WEIGHT = 1.0  # weight of known frauds beside the episode's, for a network aware of the base


@dataclass(frozen=True)
class MetaSettings:
    """Steps of `tasks` tasks, peak learning rate, seed, and the sizes of the network."""

    steps: int = 2000
    tasks: int = 8
    rate: float = 2.2e-3
    seed: int = 0
    learned: int = 24
    trunk: int = 96
    width: int = 32
    layers: int = 2


def meta_train(
    sampler: Sampler,
    features: int,
    settings: MetaSettings,
    *,
    progress: Progress | None = None,
    stopping: EarlyStopping | None = None,
    device: str = "cpu",
) -> EvidenceNet:
    """Train an evidence network; equal seeds give equal weights on one device.

    Args:
        sampler: Draws the tasks.
        features: Normal scores of a row, with the base's token where the network is aware.
        settings: Steps and sizes.
        progress: Called every 100 steps with step, number of steps and loss.
        stopping: Validates, stops early, and restores the best weights.
        device: Where torch computes.

    Returns:
        The network, on the processor.

    Raises:
        ValueError: There are fewer than `FEWEST_STEPS` steps.
    """
    if settings.steps < FEWEST_STEPS:
        raise ValueError(f"MetaSettings.steps = {settings.steps}, allowed {FEWEST_STEPS} or more")
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    net = EvidenceNet(features, settings.learned, settings.trunk, settings.width, settings.layers).to(device)
    optimiser = torch.optim.AdamW(net.parameters(), lr=settings.rate, weight_decay=1e-4)
    warm_up = max(0.1, 2 / settings.steps)  # a rise of a single step has length 0, and torch divides by it
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.rate, settings.steps, pct_start=warm_up)
    with reproducible(device):
        for step in range(settings.steps):
            k = int(rng.choice(COUNTS))
            loss = task_loss(net, [sampler.draw(k) for _ in range(settings.tasks)], device)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            rates.step()
            if progress is not None and step % 100 == 0:
                progress(step, settings.steps, float(loss.item()))
            if stopping and stopping.has_enough(net, step + 1, lambda tasks: task_loss(net, tasks, device)):
                break
    if stopping:
        stopping.restore(net)
    return net.cpu().eval()


def task_loss(net: EvidenceNet, tasks: list[Task], device: str = "cpu") -> Tensor:
    """Return the outer loss of tasks with equal numbers of flags.

    The tasks share the union of their backgrounds: tails need hundreds of rows, and drawing that many for
    each task would cost more than everything else.
    """
    support, fraud, genuine = (
        torch.from_numpy(np.stack([getattr(t, name) for t in tasks])).to(device)
        for name in ("support", "fraud", "genuine")
    )
    background = torch.from_numpy(np.concatenate([t.background for t in tasks]))[None].to(device)
    rows = [fraud, genuine]
    if tasks[0].known is not None:
        rows.append(torch.from_numpy(np.stack([t.known for t in tasks if t.known is not None])).to(device))
    scores = net.score(net.adapt(support, background), torch.cat(rows, 1))
    parts = torch.split(scores, [part.shape[1] for part in rows], 1)
    loss = outer_loss(parts[0], parts[1])
    return loss + KNOWN_WEIGHT * outer_loss(parts[2], parts[1]) if len(parts) == 3 else loss


def outer_loss(fraud: Tensor, genuine: Tensor) -> Tensor:
    """Return the loss of fraud (tasks, q) over the hardest genuine rows (tasks, n), a scalar.

    It is a smooth recall at a low false-positive rate, plus 0.3 of balanced cross-entropy, which keeps scores
    in units of log-odds.
    """
    hardest = torch.logsumexp(genuine, -1, keepdim=True) - math.log(genuine.shape[-1] / 64)
    balanced = 0.5 * functional.softplus(-fraud).mean() + 0.5 * functional.softplus(genuine).mean()
    return functional.softplus(hardest - fraud).mean() + 0.3 * balanced
