"""Ridge: least squares on normal scores, solved in closed form. The cheapest detector that can be right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta.arrays import Doubles, Floats
from meta.detector import Detector
from meta.least_squares import PENALTY, least_squares
from meta.linear_detector import linear_detector, linear_score
from meta.normaliser import Normaliser
from meta.support import Support


@dataclass(frozen=True)
class Ridge:
    """Adapter with penalty `penalty` per row; flags weigh as much as all genuine rows together."""

    normaliser: Normaliser
    penalty: float = PENALTY
    name: str = "ridge"
    needs_surprise: bool = False

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return the weights of the closed form; nothing is drawn, the seed does not matter."""
        fraud, genuine = self.normaliser(support.fraud), self.normaliser(support.with_negatives(background))
        every = np.ones((1, len(fraud)), bool)
        weights, intercepts = least_squares(fraud, every, genuine, self.penalty)
        return linear_detector(self.name, weights[0], float(intercepts[0]))

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,): least squares on +-1, times 4, the slope of the logistic curve
        at 0.
        """
        return linear_score(detector, self.normaliser, X)
