"""Prototypes: the flags' mean embedding against the background's.

What moves: nothing; the detector is a line between two means. Its score |e - g|^2 - |e - f|^2 is linear in
the embedding e, so the prototypes f and g become the head of a dense network. Source: Snell et al. 2017,
arXiv:1703.05175.
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
class Protonet:
    """Adapter around a meta-learned embedding."""

    model: LearnerModel
    name: str = "protonet"
    needs_surprise: bool = False

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return the embedding with the line between the prototypes as head; the seed draws the
        background.
        """
        params = {k: v.numpy() for k, v in self.model.params(self.name).items()}
        embedding = DenseNetwork.from_tensors({k: v for k, v in params.items() if k != "scale"})
        rows = np.random.default_rng(seed).choice(len(background), min(BACKGROUND, len(background)), False)
        f = _mean(embedding, self.model.scores(support.fraud))
        g = _mean(embedding, self.model.scores(support.with_negatives(background[rows])))
        scale = float(np.exp(params["scale"][0]))
        head = (2 * scale * (f - g)).astype(np.float32)[:, None]
        bias = np.array([scale * (g @ g - f @ f)], np.float32)
        # the head is linear in the embedding: it joins the last layer, so that no ReLU stands between them
        weight, shift = embedding.layers[-1]
        joined = (weight @ head, shift @ head + bias)
        tensors = DenseNetwork((*embedding.layers[:-1], joined)).tensors()
        return Detector(self.name, tensors, self.model.content_hash)

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,)."""
        return DenseNetwork.from_tensors(detector.tensors).score(self.model.scores(X))


def _mean(embedding: DenseNetwork, scores: Floats) -> Doubles:
    return np.asarray(embedding.outputs(scores).mean(0, dtype=np.float64))
