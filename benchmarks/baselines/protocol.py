"""What every baseline does: it fits on flags and unlabelled rows, and returns a function that scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from meta.arrays import Doubles, Floats

Score = Callable[[Floats], Doubles]
"""Scores rows (n, t) of normal scores; higher means more likely fraud, float64 (n,)."""


class Baseline(Protocol):
    """A detector of the literature or of everyday practice."""

    def __call__(self, flags: Floats, unlabelled: Floats, *, seed: int) -> Score:
        """Fit to an episode.

        Args:
            flags: Normal scores of the flagged rows, float32 (k, t), k >= 1.
            unlabelled: Normal scores of rows that count as genuine, float32 (m, t).
            seed: Seed of all that is drawn.

        Returns:
            A function that scores rows.
        """
        ...
