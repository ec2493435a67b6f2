"""Prototypes: the flags' mean embedding against the background's.

What moves: nothing; the detector is a line between two means. Its score |e - g|^2 - |e - f|^2 is linear in
the embedding e, so the prototypes f and g become the head of a dense network. Source: Snell et al. 2017,
arXiv:1703.05175.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta.adapters.declaration import LEARNERS, Declaration
from meta.adapters.simple import SimpleAdapter
from meta.arrays import Doubles, Floats
from meta.dense_network import DenseNetwork
from meta.detector import Detector
from meta.detector_tensors import TensorSpec, TensorSpecs
from meta.learner_model import LearnerModel
from meta.support import Support

BACKGROUND = 1024  # genuine rows in the mean


@dataclass(frozen=True)
class Protonet(SimpleAdapter):
    """Adapter around a meta-learned embedding."""

    model: LearnerModel
    name: str = "protonet"

    @property
    def network(self) -> str:
        """Content hash of the meta-learned parameters."""
        return self.model.content_hash

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return the embedding with the line between the prototypes as head.

        The seed draws the background rows.
        """
        embedding, log_scale = self._embedding()
        rows = np.random.default_rng(seed).choice(len(background), min(BACKGROUND, len(background)), False)
        f = _mean(embedding, self.model.scores(support.fraud))
        g = _mean(embedding, self.model.scores(support.with_negatives(background[rows])))
        scale = float(np.exp(log_scale))
        head = (2 * scale * (f - g)).astype(np.float32)[:, None]
        bias = np.array([scale * (g @ g - f @ f)], np.float32)
        # The head is linear in the embedding: it joins the last layer, so that no ReLU is between them.
        weight, shift = embedding.layers[-1]
        joined = (weight @ head, shift @ head + bias)
        tensors = DenseNetwork((*embedding.layers[:-1], joined)).tensors()
        return Detector(self.name, tensors, self.network)

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,)."""
        return DenseNetwork.from_tensors(detector.tensors).score(self.model.scores(X))

    def tensor_specs(self) -> TensorSpecs:
        """Return the specs of the embedding, its last layer joined with the head to one output."""
        embedding, _ = self._embedding()
        specs = {name: TensorSpec(tensor.shape) for name, tensor in embedding.tensors().items()}
        last = len(embedding.layers) - 1
        inputs = embedding.layers[-1][0].shape[0]
        return specs | {f"w{last}": TensorSpec((inputs, 1)), f"b{last}": TensorSpec((1,))}

    def _embedding(self) -> tuple[DenseNetwork, float]:
        """Return the embedding, and the logarithm of the scale of squared distances."""
        params = {k: v.numpy() for k, v in self.model.params(self.name).items()}
        layers = {k: v for k, v in params.items() if k != "scale"}
        return DenseNetwork.from_tensors(layers), params["scale"][0]


def _mean(embedding: DenseNetwork, scores: Floats) -> Doubles:
    return np.asarray(embedding.outputs(scores).mean(0, dtype=np.float64))


ADAPTERS = (
    Declaration("protonet", lambda artifacts: Protonet(artifacts.require_learners()), frozenset({LEARNERS})),
)
