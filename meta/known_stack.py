"""A scoring stack that has scored the rows of a reservoir already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles, Floats
from meta.live import LiveDetector
from meta.reservoir import Reservoir
from meta.stack import ScoringStack


@dataclass(frozen=True)
class KnownStack(ScoringStack):
    """A stack that answers from memory for the rows of its reservoir.

    Attributes:
        reservoir: Rows under the base and the tails of the stack.
        columns: Surprise of detectors on those rows, float64 (n,), by the detector's content hash.
    """

    reservoir: Reservoir = field(kw_only=True)
    columns: Mapping[str, Doubles] = field(kw_only=True)

    def surprises(self, X: Floats) -> NDArray[np.float64]:
        """As ScoringStack; where `X` is the reservoir's own array, known columns are not computed anew."""
        if X is not self.reservoir.X:
            return super().surprises(X)
        columns = [self._column(live) for live in self.detectors]
        return np.column_stack([self.reservoir.base_surprise, *columns])

    def replaced(self, detectors: Sequence[LiveDetector], base_shift: float | None = None) -> KnownStack:
        """As ScoringStack; the reservoir and the known columns stay."""
        shift = self.base_shift if base_shift is None else base_shift
        return replace(self, detectors=tuple(detectors), base_shift=shift)

    def _column(self, live: LiveDetector) -> Doubles:
        known = self.columns.get(live.detector.content_hash)
        return self.reservoir.surprise_of(live) if known is None else known
