"""Relation network: a learned judge compares a transaction with the mean embedding of the flags.

What moves: nothing; the prototypes become biases. The judge reads embedding and prototype side by side, and
its first layer is linear in both, so a fixed prototype is a shift of its hidden units. Source: Sung et al.
2018, arXiv:1711.06025.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta.adapters.declaration import LEARNERS, Declaration
from meta.adapters.simple import SimpleAdapter
from meta.arrays import Doubles, Floats, Tensors
from meta.dense_network import DenseNetwork
from meta.detector import Detector
from meta.detector_tensors import TensorSpec, TensorSpecs
from meta.learner_model import LearnerModel
from meta.support import Support

BACKGROUND = 1024  # genuine rows in the mean


@dataclass(frozen=True)
class Relation(SimpleAdapter):
    """Adapter around a meta-learned embedding and judge."""

    model: LearnerModel
    name: str = "relation"

    @property
    def network(self) -> str:
        """Content hash of the meta-learned parameters."""
        return self.model.content_hash

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return embedding and judge with both prototypes set; the seed draws the background rows."""
        embedding, params = self._embedding_and_judge()
        rows = np.random.default_rng(seed).choice(len(background), min(BACKGROUND, len(background)), False)
        fraud = embedding.outputs(self.model.scores(support.fraud)).mean(0)
        genuine = embedding.outputs(self.model.scores(support.with_negatives(background[rows]))).mean(0)
        shifts = [p @ params["of_prototype"] + params["shift"] for p in (fraud, genuine)]
        # The score is judge(fraud) - judge(genuine): both halves read the same embedding.
        weight, bias = embedding.layers[-1]
        twice = np.concatenate([weight @ params["of_query"]] * 2, axis=1)
        hidden = np.concatenate([bias @ params["of_query"] + shift for shift in shifts])
        head = np.concatenate([params["judge"], -params["judge"]])[:, None]
        layers = (*embedding.layers[:-1], (twice, hidden), (head, np.zeros(1)))
        tensors = {k: v.astype(np.float32) for k, v in DenseNetwork(layers).tensors().items()}
        return Detector(self.name, tensors, self.network)

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,)."""
        return DenseNetwork.from_tensors(detector.tensors).score(self.model.scores(X))

    def tensor_specs(self) -> TensorSpecs:
        """Return the specs of the embedding, its last layer joined with both halves of the judge."""
        embedding, params = self._embedding_and_judge()
        specs = {name: TensorSpec(tensor.shape) for name, tensor in embedding.tensors().items()}
        last, hidden = len(embedding.layers) - 1, 2 * len(params["judge"])
        inputs = embedding.layers[-1][0].shape[0]
        return specs | {
            f"w{last}": TensorSpec((inputs, hidden)),
            f"b{last}": TensorSpec((hidden,)),
            f"w{last + 1}": TensorSpec((hidden, 1)),
            f"b{last + 1}": TensorSpec((1,)),
        }

    def _embedding_and_judge(self) -> tuple[DenseNetwork, Tensors]:
        params = {k: v.numpy() for k, v in self.model.params(self.name).items()}
        layers = {k: v for k, v in params.items() if k[1:].isdigit()}
        return DenseNetwork.from_tensors(layers), params


ADAPTERS = (
    Declaration("relation", lambda artifacts: Relation(artifacts.require_learners()), frozenset({LEARNERS})),
)
