"""A detector as part of a scoring stack: with its adapter, its tails and its share of the budget."""

from __future__ import annotations

from dataclasses import dataclass

from meta.adapters.protocol import Adapter
from meta.calibration import Tails
from meta.detector import Detector


@dataclass(frozen=True)
class LiveDetector:
    """A detector in a stack.

    Attributes:
        detector: The detector.
        adapter: The adapter that scores with it.
        tails: Tails of its scores on the reservoir.
        shift: Added to its surprise. 0 gives it the base's share of the budget, -0.3 half, 0.3 twice that.
    """

    detector: Detector
    adapter: Adapter
    tails: Tails
    shift: float = 0.0
