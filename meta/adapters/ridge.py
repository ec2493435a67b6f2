"""Ridge: least squares on normal scores, solved in closed form. The cheapest detector that can be right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta.adapters.declaration import Declaration
from meta.adapters.simple import SimpleAdapter
from meta.arrays import Doubles, Floats
from meta.detector import Detector
from meta.detector_tensors import TensorSpecs
from meta.least_squares import PENALTY, least_squares
from meta.linear_detector import linear_detector, linear_score, linear_specs
from meta.normaliser import Normaliser
from meta.support import Support


@dataclass(frozen=True)
class Ridge(SimpleAdapter):
    """Least squares in which the flags weigh as much as all genuine rows together.

    Attributes:
        normaliser: Map from raw features to normal scores.
        penalty: Penalty per row on the squared weights.
    """

    normaliser: Normaliser
    penalty: float = PENALTY
    name: str = "ridge"

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return the weights of the closed form; nothing is drawn, so the seed does not matter."""
        fraud, genuine = self.normaliser(support.fraud), self.normaliser(support.with_negatives(background))
        every = np.ones((1, len(fraud)), bool)
        weights, intercepts = least_squares(fraud, every, genuine, self.penalty)
        return linear_detector(self.name, weights[0], float(intercepts[0]))

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,).

        They are least squares on labels of +-1, times 4: the log-odds per unit of probability at even odds.
        """
        return linear_score(detector, self.normaliser, X)

    def tensor_specs(self) -> TensorSpecs:
        """Return the specs of one weight per token, and a bias."""
        return linear_specs(self.normaliser)


ADAPTERS = (Declaration("ridge", lambda artifacts: Ridge(artifacts.base.normaliser)),)
