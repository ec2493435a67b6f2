"""A detector as it stands beside the base: with its adapter, its tails and its share of the budget."""

from __future__ import annotations

from dataclasses import dataclass

from meta.adapters.protocol import Adapter
from meta.calibration import Tails
from meta.detector import Detector


@dataclass(frozen=True)
class LiveDetector:
    """Detector, the adapter that scores it, its tails on the reservoir, and its shift in surprise.

    A shift of 0 gives it the base's share of the budget, one of -0.3 half of that, one of 0.3 twice.
    """

    detector: Detector
    adapter: Adapter
    tails: Tails
    shift: float = 0.0
