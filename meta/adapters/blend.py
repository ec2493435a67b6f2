"""Blend: evidence, evidence aware of the base, and boosted trees, averaged on the scale of surprise.

The networks read five flags well and the trees know all past fraud well; their mean wants them to agree,
which is what keeps known fraud found within the same budget. Made in seconds, not milliseconds: the
refinement that follows the detector that went live at once. What each part gives stands in docs/decisions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta.adapters.protocol import Adapter
from meta.arrays import Doubles, Floats, Tensors
from meta.calibration import Tails
from meta.detector import Detector
from meta.support import Support


@dataclass(frozen=True)
class Blend:
    """Adapter over `parts`; rows have the base's surprise as last column, which parts that are blind do
    not see.
    """

    parts: tuple[Adapter, ...]
    name: str = "blend"
    needs_surprise: bool = True

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return the parts' detectors, each with its tails on the background (100 rows or more)."""
        tensors: Tensors = {}
        for i, part in enumerate(self.parts):
            flags = Support(_for(part, support.fraud), _for(part, support.genuine))
            usual = _for(part, background)
            detector = part.adapt(flags, usual, seed=seed)
            tails = Tails.fit(part.score(detector, usual))
            tensors |= {f"{i}/{k}": v for k, v in detector.tensors.items()} | tails.tensors(f"{i}.tails.")
        return Detector(self.name, tensors)

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return the mean surprise in natural logarithms, float64 (n,): log-odds, where fraud is rare."""
        total = np.zeros(len(X))
        for i, part in enumerate(self.parts):
            own = {k.removeprefix(f"{i}/"): v for k, v in detector.tensors.items() if k.startswith(f"{i}/")}
            tails = Tails.from_tensors(detector.tensors, f"{i}.tails.")
            total += tails.surprise(part.score(Detector(part.name, own), _for(part, X)))
        return np.asarray(total * (np.log(10) / len(self.parts)))


def _for(part: Adapter, X: Floats) -> Floats:
    blind = X.shape[1] > 0 and not part.needs_surprise  # no hard negatives have no columns
    return np.ascontiguousarray(X[:, :-1]) if blind else X
