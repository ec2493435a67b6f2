"""The learning state of a new installation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LearningState:
    """Whether the base in force is still being fitted to this traffic, and how far that is.

    `progress` is the stored traffic as a share of what the calibration needs that ends the state, 0 to 1.
    `words` describes the state and what ends it; empty where nothing is learned.
    """

    learning: bool
    rows: int
    days: float
    progress: float
    words: str


LEARNT = LearningState(learning=False, rows=0, days=0.0, progress=1.0, words="")
