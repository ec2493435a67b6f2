"""Train a base: balanced batches, a warm-up and cosine learning rate, an average of the weights at the end.

The network follows a teacher fitted to the same rows (distillation) and, with a small weight, the labels.
Boosted trees find sharp edges in few labels, and the network scores in a microsecond. docs/decisions lists
what each gives.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from meta.arrays import Doubles, Floats
from meta.base import BaseModel, Provenance, data_hash
from meta.columns import FeatureColumns
from meta.device import reproducible
from meta.histograms import Histograms
from meta.networks.curves import CurveNet
from meta.networks.export import curve_network
from meta.normaliser import Normaliser
from meta.teacher import Teacher, mixtures

Progress = Callable[[int, int, float], None]


@dataclass(frozen=True)
class BaseSettings:
    """Settings of the base's training.

    Attributes:
        steps: Training steps.
        batch: Rows of a step.
        rate: Peak learning rate.
        hidden: Widths of the two hidden layers.
        follow: Weight of the teacher in the loss, 0 to 1; the rest is that of the labels.
        trees: Trees of the teacher.
        tree_rate: Their learning rate.
        mixtures: Mixtures of two rows that the teacher scores as well.
        seed: Seed of all that is drawn.
        checkpoint_every: Steps between checkpoints.
    """

    steps: int = 2000
    batch: int = 512
    rate: float = 3e-3
    hidden: tuple[int, int] = (64, 32)
    follow: float = 0.9
    trees: int = 250
    tree_rate: float = 0.05
    mixtures: int = 100_000
    seed: int = 0
    checkpoint_every: int = 500


@dataclass(frozen=True)
class History:
    """Training rows in order of time.

    Attributes:
        features: Names of the features, in order.
        X: Raw features float32 (n, d).
        fraud: Which rows are fraud, bool (n,).
        weight: Weight of each row, float64 (n,).
        period: First and last event time, in seconds.
        held_out: Names of fraud families that are not among the rows.
    """

    features: tuple[str, ...]
    X: Floats
    fraud: np.ndarray[tuple[int], np.dtype[np.bool_]]
    weight: Doubles
    period: tuple[float, float]
    held_out: tuple[str, ...] = ()


class NoFraud(ValueError):
    """History without frauds, or without genuine rows."""


def train_base(
    history: History,
    settings: BaseSettings = BaseSettings(),
    *,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
    device: str = "cpu",
) -> BaseModel:
    """Train a base.

    Equal history, settings and device give equal bytes, also after an interruption.

    Args:
        history: Training rows.
        settings: Settings of the training.
        progress: Called every 100 steps with step, number of steps and loss.
        checkpoint: File to resume from and to write checkpoints to.
        device: Where torch computes.

    Returns:
        The base.

    Raises:
        NoFraud: The history lacks frauds or genuine rows.
    """
    if not history.fraud.any() or history.fraud.all():
        raise NoFraud(f"{int(history.fraud.sum())} frauds in {len(history.fraud)} rows, allowed some of both")
    genuine = history.X[~history.fraud]
    normaliser = Normaliser.fit(
        genuine, ignore=drifting(genuine), differences=FeatureColumns(history.features).differences
    )
    tokens = normaliser(history.X)
    teacher = Teacher.fit(
        tokens,
        history.fraud,
        history.weight,
        trees=settings.trees,
        rate=settings.tree_rate,
        seed=settings.seed,
    )
    loop = _Loop(tokens, history, teacher, settings, torch.device(device))
    with reproducible(device):
        net = loop.run(progress, checkpoint)
    provenance = Provenance(
        history.period,
        data_hash(history.X, history.fraud),
        settings.seed,
        len(history.X),
        int(history.fraud.sum()),
        history.held_out,
    )
    return BaseModel(history.features, normaliser, curve_network(net), Histograms.fit(genuine), provenance)


def drifting(genuine: Floats) -> list[int]:
    """Return the features that drift within the history itself; the network ignores them.

    A feature with a major shift between the first and the last third (an age since the recording began, for
    example) will have shifted again when the base is live.

    Args:
        genuine: Raw features of genuine rows in order of time, float32 (n, d).
    """
    third = len(genuine) // 3
    shift = Histograms.fit(genuine[:third]).stability_index(genuine[-third:])
    return [int(j) for j in np.flatnonzero(shift > 0.25)]


class _Loop:
    """One training run; `state()` holds all of its state, so that it can resume."""

    def __init__(
        self, tokens: Floats, history: History, teacher: Teacher, settings: BaseSettings, device: torch.device
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.device = settings, device
        mixed = mixtures(tokens, history.fraud, settings.mixtures, settings.seed)  # appended to the rows
        self.tokens = torch.from_numpy(np.concatenate([tokens, mixed])).to(device)
        self.teacher = torch.from_numpy(np.r_[teacher.out_of_fold, teacher(mixed)]).to(device)
        self.target = torch.from_numpy(history.fraud.astype(np.float32)).to(device)
        self.fraud = np.flatnonzero(history.fraud)
        self.genuine = np.flatnonzero(~history.fraud)
        self.net = CurveNet(tokens.shape[1], settings.hidden).to(device)
        self.average = copy.deepcopy(self.net)
        self.optimiser = torch.optim.AdamW(
            self.net.parameters(), lr=settings.rate, weight_decay=1e-3, fused=True
        )
        self.step = 0

    def run(self, progress: Progress | None, checkpoint: Path | None) -> CurveNet:
        if checkpoint is not None and checkpoint.exists():
            self.resume(checkpoint)
        while self.step < self.settings.steps:
            loss = self.advance()
            if progress is not None and self.step % 100 == 0:
                progress(self.step, self.settings.steps, loss)
            if checkpoint is not None and self.step % self.settings.checkpoint_every == 0:
                torch.save(self.state(), checkpoint)
        return self.average.cpu()

    def advance(self) -> float:
        """One step: half of the batch is labelled, a fourth of that fraud; the other half is mixtures."""
        s = self.settings
        rng = np.random.default_rng(
            (s.seed, self.step)
        )  # seeded by the step alone, so that a resumed run draws the same
        labelled, n_fraud = s.batch // 2, s.batch // 8
        at = torch.from_numpy(
            np.r_[
                rng.choice(self.fraud, n_fraud),
                rng.choice(self.genuine, labelled - n_fraud),
                rng.integers(len(self.target), len(self.tokens), s.batch - labelled),
            ]
        ).to(self.device)
        for group in self.optimiser.param_groups:
            group["lr"] = s.rate * _schedule(self.step / s.steps)
        loss = self.loss(self.net(self.tokens[at]), at, labelled, n_fraud)
        self.optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        self._average()
        return float(loss.item())

    def loss(self, score: Tensor, at: Tensor, labelled: int, n_fraud: int) -> Tensor:
        """Labels: fraud against the hardest genuine rows. Teacher: distance of log-odds, mixtures too."""
        fraud, genuine = score[:n_fraud], score[n_fraud:labelled]
        hardest = torch.logsumexp(genuine, 0) - math.log(len(genuine) / 64)
        rank = functional.softplus(hardest - fraud).mean()
        labels = functional.binary_cross_entropy_with_logits(score[:labelled], self.target[at[:labelled]])
        follow = functional.smooth_l1_loss(score, self.teacher[at])
        s = self.settings
        return s.follow * follow + (1 - s.follow) * (labels + 0.3 * rank)

    def _average(self) -> None:
        keep = min(0.999, self.step / (self.step + 10))
        with torch.no_grad():
            for slow, fast in zip(self.average.parameters(), self.net.parameters(), strict=True):
                slow.lerp_(fast, 1 - keep)

    def state(self) -> dict[str, object]:
        return {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
        }

    def resume(self, checkpoint: Path) -> None:
        state = torch.load(checkpoint, weights_only=True, map_location=self.device)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = int(state["step"])


def _schedule(done: float) -> float:
    """Share of the full learning rate: up over the first 5%, then down along a cosine."""
    return min(done / 0.05, 0.5 * (1 + math.cos(math.pi * done))) + 1e-3
