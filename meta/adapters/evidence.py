"""Evidence: a trained transformer reads the episode and writes one curve per token. The default.

Beside it stands least squares on the same flags, as straight lines in the same table: the network knows
patterns like those it was trained on, a line knows none and so none too little. Kept frozen: the network.
What comes out: a table of curves, about 1,100 floats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta import kernels
from meta.arrays import Doubles, Floats
from meta.detector import Detector
from meta.evidence_model import EvidenceModel, log_odds_of, shares_of
from meta.least_squares import PENALTY, least_squares
from meta.support import Support

BACKGROUND = 1024  # genuine rows read: more change the tables by less than a seed does
LINES = 0.25  # of the curves' spread: docs/decisions/0003 tells what more and less gave


@dataclass(frozen=True)
class Evidence:
    """Adapter around one trained network, blind to the base or aware of it."""

    model: EvidenceModel

    @property
    def name(self) -> str:
        """`evidence`, or `evidence-aware` where the network reads the base's surprise."""
        return "evidence-aware" if self.model.aware else "evidence"

    @property
    def needs_surprise(self) -> bool:
        """True for an aware network."""
        return self.model.aware

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return the table that the network writes; the seed draws the background rows that it reads."""
        return self.adapt_parts(support, np.ones((1, len(support)), bool), background, seed=seed)[0]

    def adapt_parts(
        self, support: Support, parts: NDArray[np.bool_], background: Floats, *, seed: int
    ) -> list[Detector]:
        """Return a detector for each part of the support: `parts` (p, k) says which flags are in it."""
        import torch  # seconds and 200 MB that a scorer need not spend

        if len(background) > BACKGROUND:
            rows = np.random.default_rng(seed).choice(len(background), BACKGROUND, replace=False)
            background = background[rows]
        usual = self.model.scores(support.with_negatives(background))
        flagged, located = self.model.scores(support.fraud), self.model.located(usual)
        chosen, shares = torch.from_numpy(parts.astype(np.float32)), torch.from_numpy(shares_of(*located))
        with torch.inference_mode():
            tables = self.model.net.adapt_parts(torch.from_numpy(flagged), chosen, shares).numpy()
        weights, intercepts = least_squares(flagged, parts, usual, PENALTY)
        curves = log_odds_of(*located, tables, np.zeros(len(tables), np.float32))
        scale = LINES * _spread(curves) / _spread(usual @ weights.T)
        tables[:, : weights.shape[1]] += _lines(scale[:, None] * weights)
        bias = self.model.weights["bias"] + scale * intercepts
        return [self._detector(table, b) for table, b in zip(tables, bias, strict=True)]

    def _detector(self, table: Floats, bias: float) -> Detector:
        tensors = {"table": np.ascontiguousarray(table), "bias": np.array([bias], np.float32)}
        return Detector(self.name, tensors, self.model.content_hash)

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,)."""
        located, tensors = self.model.located(self.model.scores(X)), detector.tensors
        return log_odds_of(*located, tensors["table"][None], tensors["bias"])[:, 0]


def _lines(weights: NDArray[np.float64]) -> Floats:
    """Return straight lines through 0 as curves (p, d, KNOTS), for weights (p, d)."""
    knots = np.linspace(-kernels.LIMIT, kernels.LIMIT, kernels.KNOTS)
    return (weights[:, :, None] * knots).astype(np.float32)


def _spread(scores: NDArray[np.float64]) -> Doubles:
    """Return how far the highest hundredth of genuine scores (n, p) lies above the middle, (p,)."""
    middle, high = np.quantile(scores, (0.5, 0.99), axis=0)
    return np.asarray(np.maximum(high - middle, 1e-9))
