"""Relation network: a learned judge says how much a transaction has in common with the flags' mean embedding.

What moves: nothing; the prototypes become biases. The judge sees embedding and prototype side by side, and
its first layer is linear in both, so a fixed prototype is a shift of its hidden units. Source: Sung et al.
2018, arXiv:1711.06025.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta.arrays import Doubles, Floats
from meta.dense_network import DenseNetwork
from meta.detector import Detector
from meta.learner_model import LearnerModel
from meta.support import Support

BACKGROUND = 1024  # genuine rows in the mean


@dataclass(frozen=True)
class Relation:
    """Adapter around a meta-learned embedding and judge."""

    model: LearnerModel
    name: str = "relation"
    needs_surprise: bool = False

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return embedding and judge with both prototypes set; the seed draws the background."""
        params = {k: v.numpy() for k, v in self.model.params(self.name).items()}
        embedding = DenseNetwork.from_tensors({k: v for k, v in params.items() if k[1:].isdigit()})
        rows = np.random.default_rng(seed).choice(len(background), min(BACKGROUND, len(background)), False)
        fraud = embedding.outputs(self.model.scores(support.fraud)).mean(0)
        genuine = embedding.outputs(self.model.scores(support.with_negatives(background[rows]))).mean(0)
        shifts = [p @ params["of_prototype"] + params["shift"] for p in (fraud, genuine)]
        # judge(fraud) minus judge(genuine): both halves read the same embedding, the second counts against
        weight, bias = embedding.layers[-1]
        twice = np.concatenate([weight @ params["of_query"]] * 2, axis=1)
        hidden = np.concatenate([bias @ params["of_query"] + shift for shift in shifts])
        head = np.concatenate([params["judge"], -params["judge"]])[:, None]
        layers = (*embedding.layers[:-1], (twice, hidden), (head, np.zeros(1)))
        tensors = {k: v.astype(np.float32) for k, v in DenseNetwork(layers).tensors().items()}
        return Detector(self.name, tensors, self.model.content_hash)

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,)."""
        return DenseNetwork.from_tensors(detector.tensors).score(self.model.scores(X))
