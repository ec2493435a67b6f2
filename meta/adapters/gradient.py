"""The adapter shared by all learners that take gradient steps: support and background in, a network out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from meta.adapters.simple import SimpleAdapter
from meta.arrays import Doubles, Floats
from meta.dense_network import DenseNetwork
from meta.detector import Detector
from meta.detector_tensors import TensorSpec, TensorSpecs
from meta.learner_model import LearnerModel
from meta.support import Support

if TYPE_CHECKING:
    from meta.learners.gradient import GradientLearner, State

ADAPTERS = ()

GENUINE = 64  # genuine rows beside the flags in each inner step


@dataclass(frozen=True)
class GradientAdapter(SimpleAdapter):
    """Adapter around a meta-learned start.

    Attributes:
        name: Name in the registry, and of the learner's tensors in `model`.
        model: Meta-learned parameters of all learners.
        learner: How the inner steps go.
    """

    name: str
    model: LearnerModel
    learner: GradientLearner

    @property
    def network(self) -> str:
        """Content hash of the meta-learned parameters."""
        return self.model.content_hash

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return the network after the inner steps; the seed draws the genuine rows of the support."""
        import torch  # a scorer needs none

        rows = np.random.default_rng(seed).integers(0, len(background), GENUINE)
        genuine = self.model.scores(support.with_negatives(background[rows]))
        x = torch.from_numpy(np.concatenate([self.model.scores(support.fraud), genuine]))
        y = torch.cat([torch.ones(len(support)), torch.zeros(len(genuine))])
        params = self.learner.adapt(self._start(), x, y)
        tensors = {k: v.detach().numpy().copy() for k, v in params.items()}
        return Detector(self.name, tensors, self.network)

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,)."""
        return DenseNetwork.from_tensors(detector.tensors).score(self.model.scores(X))

    def tensor_specs(self) -> TensorSpecs:
        """Return the specs of the start: inner steps change no shape."""
        return {k: TensorSpec(tuple(v.shape)) for k, v in self.model.params(self.name).items()}

    def _start(self) -> State:
        from meta.learners.gradient import State

        return State(self.model.params(self.name), self.model.params(self.name, "rates"))
