"""Defaults of the adapter protocol: raw rows, one detector at a time, on the processor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from meta.adapters.protocol import Encoded, Scorer
from meta.arrays import Doubles, Floats
from meta.detector import Detector
from meta.detector_tensors import TensorSpecs, check_tensors
from meta.support import Support

ADAPTERS = ()


class SimpleAdapter(ABC):
    """Base class of adapters. A subclass has a `name`, `adapt`, `score` and `tensor_specs`.

    It overrides the rest only where it can do better than one row set and one detector at a time.
    """

    @property
    def needs_surprise(self) -> bool:
        """Return False: rows have raw features only."""
        return False

    @property
    def network(self) -> str:
        """Return an empty hash: detectors need no trained artifact of their own."""
        return ""

    @property
    def encoding(self) -> str:
        """Return an empty key: rows are scored as they are."""
        return ""

    @abstractmethod
    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """See `Adapter.adapt`."""

    def adapt_parts(
        self, support: Support, parts: NDArray[np.bool_], background: Floats, *, seed: int
    ) -> list[Detector]:
        """Adapt to each part by itself."""
        return [
            self.adapt(Support(support.fraud[part], support.genuine), background, seed=seed) for part in parts
        ]

    @abstractmethod
    def score(self, detector: Detector, X: Floats) -> Doubles:
        """See `Adapter.score`."""

    def encode(self, X: Floats) -> Encoded:
        """Return the rows themselves."""
        return (X,)

    def scorer(self, detectors: Sequence[Detector]) -> Scorer:
        """Return a function that scores with one detector after the other."""

        def scores(encoded: Encoded) -> NDArray[np.float64]:
            (X,) = encoded
            return np.column_stack([self.score(detector, X) for detector in detectors])

        return scores

    @abstractmethod
    def tensor_specs(self) -> TensorSpecs:
        """See `Adapter.tensor_specs`."""

    def check(self, detector: Detector) -> None:
        """Check the detector's tensors against `tensor_specs`."""
        check_tensors(detector.tensors, self.tensor_specs())

    def on(self, device: str) -> Self:
        """Return the adapter itself: it computes on the processor."""
        return self
