"""Logistic regression on normal scores: what an analyst with a notebook would fit to five flags."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta.adapters.declaration import Declaration
from meta.adapters.simple import SimpleAdapter
from meta.arrays import Doubles, Floats
from meta.detector import Detector
from meta.detector_tensors import TensorSpecs
from meta.linear_detector import linear_detector, linear_score, linear_specs
from meta.normaliser import Normaliser
from meta.support import Support


@dataclass(frozen=True)
class Logistic(SimpleAdapter):
    """Logistic regression in which the flags weigh as much as all genuine rows together.

    Attributes:
        normaliser: Map from raw features to normal scores.
        inverse_penalty: scikit-learn's `C`; smaller values shrink the weights more.
    """

    normaliser: Normaliser
    inverse_penalty: float = 0.01
    name: str = "logistic"

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return the fitted weights; nothing is drawn, so the seed does not matter."""
        from sklearn.linear_model import LogisticRegression  # seconds that a scorer's start need not wait

        genuine = self.normaliser(support.with_negatives(background))
        Z = np.concatenate([self.normaliser(support.fraud), genuine]).astype(np.float64)
        y = np.r_[np.ones(len(support)), np.zeros(len(genuine))]
        model = LogisticRegression(
            C=self.inverse_penalty, class_weight={0: 1.0, 1: len(genuine) / len(support)}, max_iter=200
        )
        model.fit(Z, y)
        return linear_detector(self.name, np.asarray(model.coef_[0]), float(model.intercept_[0]))

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,)."""
        return linear_score(detector, self.normaliser, X)

    def tensor_specs(self) -> TensorSpecs:
        """Return the specs of one weight per token, and a bias."""
        return linear_specs(self.normaliser)


ADAPTERS = (Declaration("logistic", lambda artifacts: Logistic(artifacts.base.normaliser)),)
