"""What the adapters that take gradient steps share: support beside background in, a dense network out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from meta.arrays import Doubles, Floats
from meta.dense_network import DenseNetwork
from meta.detector import Detector
from meta.learner_model import LearnerModel
from meta.learners.gradient import GradientLearner, State
from meta.learners.networks import Params, mlp
from meta.support import Support

GENUINE = 64  # genuine rows beside the flags in each inner step


def balanced_loss(logits: Tensor, y: Tensor) -> Tensor:
    """Return the cross-entropy of logits (n, 1) and labels y (n,), frauds weighing as much as genuine
    rows.
    """
    losses = functional.binary_cross_entropy_with_logits(logits[..., 0], y, reduction="none")
    return 0.5 * (losses * y).sum() / y.sum() + 0.5 * (losses * (1 - y)).sum() / (1 - y).sum()


def ranking_loss(logits: Tensor, y: Tensor) -> Tensor:
    """Return the outer loss: frauds over the hardest genuine rows, and 0.3 of `balanced_loss`."""
    score = logits[..., 0]
    hardest = torch.logsumexp(score - 1e9 * y, -1) - torch.log((1 - y).sum() / 64)
    ranking = (functional.softplus(hardest - score) * y).sum() / y.sum()
    return ranking + 0.3 * balanced_loss(logits, y)


@dataclass(frozen=True)
class GradientAdapter:
    """Adapter around a meta-learned start; `learner` says how the inner steps go."""

    name: str
    model: LearnerModel
    learner: GradientLearner
    needs_surprise: bool = False

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return the network after the inner steps; the seed draws the genuine rows of the support."""
        rows = np.random.default_rng(seed).integers(0, len(background), GENUINE)
        genuine = self.model.scores(support.with_negatives(background[rows]))
        x = torch.from_numpy(np.concatenate([self.model.scores(support.fraud), genuine]))
        y = torch.cat([torch.ones(len(support)), torch.zeros(len(genuine))])
        params = self.learner.adapt(self._state, x, y)
        tensors = {k: v.detach().numpy().copy() for k, v in params.items()}
        return Detector(self.name, tensors, self.model.content_hash)

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,)."""
        return DenseNetwork.from_tensors(detector.tensors).score(self.model.scores(X))

    @property
    def _state(self) -> State:
        return State(self.model.params(self.name), self.model.params(self.name, "rates"))


def network(params: Params, x: Tensor) -> Tensor:
    """Return logits (n, 1): the dense network that all gradient adapters move."""
    return mlp(params, x)
