"""Recall, alert rate and precision of one method on one episode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.fewshot.setting import Episode, Setting
from meta.reservoir import Reservoir

BUDGET = 0.001
_LATER = 3_000  # later frauds scored at most


@dataclass(frozen=True)
class Parts:
    """Rows on which a method is measured, ready to score: reservoir, genuine, known fraud, later fraud."""

    reservoir: Reservoir
    genuine: Reservoir
    known: Reservoir
    later: Reservoir

    def each(self, score: Callable[[Reservoir], np.ndarray]) -> list[np.ndarray]:
        """Return the scores of all four."""
        return [score(part) for part in (self.reservoir, self.genuine, self.known, self.later)]


@dataclass(frozen=True)
class Outcome:
    """Recall on later frauds and on known fraud, average precision, and realised alert rate."""

    recall: float
    average_precision: float
    alert_rate: float
    known_recall: float


class Measure:
    """Parts of a setting that do not change with the episode."""

    def __init__(self, setting: Setting, reservoir: Reservoir | None = None) -> None:
        self.setting = setting
        base = setting.artifacts.base
        self.reservoir = reservoir or setting.reservoir
        tails = self.reservoir.base_tails
        self.genuine = Reservoir(setting.rows(setting.genuine_rows), base, tails)
        self.known = Reservoir(setting.rows(setting.known_rows), base, tails)
        self._tails = tails

    def parts(self, episode: Episode) -> Parts:
        """Return the parts of one episode."""
        later = episode.later
        if len(later) > _LATER:
            later = np.sort(np.random.default_rng(5).choice(later, _LATER, replace=False))
        base = self.setting.artifacts.base
        return Parts(
            self.reservoir, self.genuine, self.known, Reservoir(self.setting.rows(later), base, self._tails)
        )

    def outcome(self, scores: list[np.ndarray], *, threshold: float | None = None) -> Outcome:
        """Return the outcome for the scores of reservoir, genuine, known and later rows.

        Without `threshold`, the threshold is the reservoir's quantile for the budget.
        """
        reservoir, genuine, known, later = scores
        limit = float(np.quantile(reservoir, 1 - BUDGET)) if threshold is None else threshold
        return Outcome(
            float(np.mean(later > limit)),
            self._average_precision(genuine, later),
            float(np.mean(genuine > limit)),
            float(np.mean(known > limit)),
        )

    def _average_precision(self, genuine: np.ndarray, later: np.ndarray) -> float:
        """Weight each sampled genuine row by the inverse of the sampling rate."""
        family = self.setting.data.rows.family[self.setting.data.evaluate]
        weight = np.sum(family == 0) / len(genuine)
        scores = np.r_[genuine, later]
        fraud = np.r_[np.zeros(len(genuine)), np.ones(len(later))]
        order = np.argsort(-scores, kind="stable")
        found = np.cumsum(fraud[order])
        shown = np.cumsum(np.where(fraud[order] == 1, 1.0, weight))
        return float(np.sum(found / shown * fraud[order]) / max(len(later), 1))
