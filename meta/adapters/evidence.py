"""Evidence: a trained transformer reads the episode and writes one curve per token.

Least squares on the same flags adds a straight line to each curve: the network favours patterns like those
it was trained on, a line favours none. What moves: nothing, the network stays frozen.
What comes out: a table of curves, a few thousand floats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from meta import kernels
from meta.adapters.curves import curve_scorer, curve_specs, curve_tensors
from meta.adapters.declaration import AWARE, EVIDENCE, Declaration
from meta.adapters.protocol import Encoded, Scorer
from meta.adapters.simple import SimpleAdapter
from meta.arrays import Doubles, Floats
from meta.detector import Detector
from meta.detector_tensors import TensorSpecs
from meta.evidence_model import EvidenceModel, log_odds_of, shares_of
from meta.least_squares import PENALTY, least_squares
from meta.support import Support

BACKGROUND = 1024  # genuine rows read: more change the tables by less than another seed does
LINES = 0.25  # spread of the lines, as a share of the curves': docs/decisions/0003 lists what others gave


@dataclass(frozen=True)
class Evidence(SimpleAdapter):
    """Adapter around one trained network, blind to the base or aware of it.

    Attributes:
        model: The trained network.
        device: Where torch runs the network to adapt, such as `cpu` or `cuda:1`.
    """

    model: EvidenceModel
    device: str = "cpu"

    @property
    def name(self) -> str:
        """`evidence`, or `evidence-aware` where the network reads the base's surprise."""
        return "evidence-aware" if self.model.aware else "evidence"

    @property
    def needs_surprise(self) -> bool:
        """True for an aware network."""
        return self.model.aware

    @property
    def network(self) -> str:
        """Content hash of the trained network."""
        return self.model.content_hash

    @property
    def encoding(self) -> str:
        """Content hash of the trained network: it decides where a row lies on the curves."""
        return self.model.content_hash

    def on(self, device: str) -> Evidence:
        """Return the adapter with its network on `device`."""
        return replace(self, device=device)

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return the table that the network writes; the seed draws the background rows that it reads."""
        return self.adapt_parts(support, np.ones((1, len(support)), bool), background, seed=seed)[0]

    def adapt_parts(
        self, support: Support, parts: NDArray[np.bool_], background: Floats, *, seed: int
    ) -> list[Detector]:
        """Adapt to all parts in one pass of the network, which reads each flag once."""
        if len(background) > BACKGROUND:
            rows = np.random.default_rng(seed).choice(len(background), BACKGROUND, replace=False)
            background = background[rows]
        usual = self.model.scores(support.with_negatives(background))
        flagged, located = self.model.scores(support.fraud), self.model.located(usual)
        tables = self._tables(flagged, parts, shares_of(*located))
        weights, intercepts = least_squares(flagged, parts, usual, PENALTY)
        curves = log_odds_of(*located, tables, np.zeros(len(tables), np.float32))
        scale = LINES * _spread(curves) / _spread(usual @ weights.T)
        tables[:, : weights.shape[1]] += _lines(scale[:, None] * weights)
        bias = self.model.weights["bias"] + scale * intercepts
        return [self._detector(table, b) for table, b in zip(tables, bias, strict=True)]

    def _tables(self, flagged: Floats, parts: NDArray[np.bool_], shares: Floats) -> Floats:
        """Return the curves that the network writes for each part, (p, tokens, KNOTS), in main memory."""
        import torch  # seconds and 200 MB that a scorer need not spend

        arrays = flagged, parts.astype(np.float32), shares
        read = (torch.from_numpy(array).to(self.device) for array in arrays)
        with torch.inference_mode():
            tables: Floats = self.model.net_on(self.device).adapt_parts(*read).cpu().numpy()
        return tables

    def _detector(self, table: Floats, bias: float) -> Detector:
        return Detector(self.name, curve_tensors(table, bias), self.network)

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,)."""
        return self.scorer([detector])(self.encode(X))[:, 0]

    def encode(self, X: Floats) -> Encoded:
        """Return left knot and share of the right knot of all tokens, both (n, tokens)."""
        return self.model.located(self.model.scores(X))

    def scorer(self, detectors: Sequence[Detector]) -> Scorer:
        """Return a function that sums the curves of all detectors in one pass of the kernel."""
        return curve_scorer(detectors)

    def tensor_specs(self) -> TensorSpecs:
        """Return the specs of one curve per token, and a bias."""
        return curve_specs(self.model.tokens)


def _lines(weights: NDArray[np.float64]) -> Floats:
    """Return straight lines through 0 as curves (p, d, KNOTS), for weights (p, d)."""
    knots = np.linspace(-kernels.LIMIT, kernels.LIMIT, kernels.KNOTS)
    return (weights[:, :, None] * knots).astype(np.float32)


def _spread(scores: NDArray[np.float64]) -> Doubles:
    """Return how far the 99% quantile of genuine scores (n, p) lies above their median, (p,)."""
    middle, high = np.quantile(scores, (0.5, 0.99), axis=0)
    return np.asarray(np.maximum(high - middle, 1e-9))


ADAPTERS = (
    Declaration("evidence", lambda artifacts: Evidence(artifacts.require_evidence()), frozenset({EVIDENCE})),
    Declaration("evidence-aware", lambda artifacts: Evidence(artifacts.require_aware()), frozenset({AWARE})),
)
