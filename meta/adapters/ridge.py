"""Ridge: least squares on normal scores, solved in closed form. The cheapest detector that can be right.

Source: the ridge head of Bertinetto et al. 2019, «Meta-learning with differentiable closed-form solvers»,
1805.08136.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta.arrays import Doubles, Floats
from meta.detector import Detector
from meta.linear_detector import linear_detector, linear_score
from meta.normaliser import Normaliser
from meta.support import Support


@dataclass(frozen=True)
class Ridge:
    """Adapter with penalty `penalty` per row; flags weigh as much as all genuine rows together."""

    normaliser: Normaliser
    penalty: float = 0.1
    name: str = "ridge"
    needs_surprise: bool = False

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return the weights of the closed form; nothing is drawn, the seed does not matter."""
        fraud, genuine = self.normaliser(support.fraud), self.normaliser(support.with_negatives(background))
        Z = np.concatenate([fraud, genuine]).astype(np.float64)
        y = np.r_[np.ones(len(fraud)), -np.ones(len(genuine))]
        w = np.r_[np.full(len(fraud), 0.5 / len(fraud)), np.full(len(genuine), 0.5 / len(genuine))]
        A = np.concatenate([Z, np.ones((len(Z), 1))], axis=1)
        gram = A.T @ (w[:, None] * A)
        gram[np.diag_indices(Z.shape[1])] += self.penalty  # not the intercept
        solved = np.linalg.solve(gram, A.T @ (w * y))
        return linear_detector(self.name, 4 * solved[:-1], 4 * float(solved[-1]))

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,): least squares on +-1, times 4, the slope of the logistic curve
        at 0.
        """
        return linear_score(detector, self.normaliser, X)
