"""Evidence: a trained transformer reads the episode and writes one curve per token. The default.

Kept frozen: the network. What comes out: a table of curves, about 1,100 floats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta import kernels
from meta.arrays import Doubles, Floats
from meta.detector import Detector
from meta.evidence_model import EvidenceModel
from meta.support import Support

BACKGROUND = 1024  # genuine rows read: more change the tables by less than a seed does


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
        usual = self.model.shares(self.model.scores(support.with_negatives(background)))
        flagged = torch.from_numpy(self.model.scores(support.fraud))
        chosen = torch.from_numpy(parts.astype(np.float32))
        with torch.inference_mode():
            tables = self.model.net.adapt_parts(flagged, chosen, torch.from_numpy(usual))
        return [self.detector(table) for table in tables.numpy()]

    def detector(self, table: Floats) -> Detector:
        """Return the detector that holds `table` float32 (tokens, KNOTS)."""
        tensors = {"table": np.ascontiguousarray(table), "bias": self.model.weights["bias"].copy()}
        return Detector(self.name, tensors, self.model.content_hash)

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,)."""
        index, weight = self.model.located(self.model.scores(X))
        out = np.empty((len(X), 1), np.float32)
        table = np.ascontiguousarray(detector.tensors["table"][:, :, None])
        kernels.curves(index, weight, table, detector.tensors["bias"], out)
        return out[:, 0].astype(np.float64)
