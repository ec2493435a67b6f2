"""What every adapter promises."""

from __future__ import annotations

from typing import Protocol

from meta.arrays import Doubles, Floats
from meta.detector import Detector
from meta.support import Support


class Adapter(Protocol):
    """Turns an episode into a detector, and scores with it.

    `tests/contract/adapters` holds each adapter to it: equal seeds give equal bytes, inputs stay untouched, a
    row's score does not depend on its batch, and a detector survives its own bytes.
    """

    @property
    def name(self) -> str:
        """Name in the registry, kept in each detector."""
        ...

    @property
    def needs_surprise(self) -> bool:
        """Whether the base's surprise stands as last column in support, background and rows to score."""
        ...

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return a detector from flagged rows and recent genuine rows float32 (m, d), m >= 2, in raw
        features.
        """
        ...

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,) of raw features float32 (n, d)."""
        ...
