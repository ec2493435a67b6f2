"""Recall, alert rate and precision of one method on one episode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.fewshot.setting import Episode, Setting
from meta.reservoir import Reservoir

BUDGET = 0.001
_LATER = 3_000  # later frauds scored at most


@dataclass(frozen=True)
class Part:
    """Rows to score: their positions in the data set, and a reservoir that holds them."""

    at: np.ndarray
    reservoir: Reservoir

    @property
    def base_surprise(self) -> np.ndarray:
        """Return the base's surprise, float64 (n,)."""
        return self.reservoir.base_surprise

    @cached_property
    def tokens(self) -> np.ndarray:
        """Return normal scores, float32 (n, t)."""
        return self.reservoir.base.tokens(self.reservoir.X)


@dataclass(frozen=True)
class Parts:
    """Rows on which a method is measured: reservoir, genuine, known fraud, later fraud.

    `first` marks the later frauds that are the first ones of their card.
    """

    reservoir: Part
    genuine: Part
    known: Part
    later: Part
    first: np.ndarray

    def each(self, score: Callable[[Part], np.ndarray]) -> list[np.ndarray]:
        """Return the scores of all four."""
        return [score(part) for part in (self.reservoir, self.genuine, self.known, self.later)]


@dataclass(frozen=True)
class Outcome:
    """What one method finds on one episode, all as shares from 0 to 1.

    Attributes:
        recall: Later frauds found at the method's own threshold.
        average_precision: Over genuine traffic and later frauds.
        alert_rate: Realised share of genuine traffic that is alerted.
        equal_recall: Later frauds found where exactly the budget of genuine traffic is alerted.
        known_recall: Known fraud found at the method's own threshold.
        equal_known: Known fraud found at the equal rate.
        first_recall: Cards whose first later fraud is found, at the equal rate.
        live: Whether a detector scores; False where the gate keeps a draft.
        reasons: What the gate says against the detector.
    """

    recall: float
    average_precision: float
    alert_rate: float
    equal_recall: float
    known_recall: float
    equal_known: float
    first_recall: float
    live: bool = True
    reasons: tuple[str, ...] = ()


class Measure:
    """Parts of a setting that do not change with the episode."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.reservoir = Part(setting.reservoir_rows, setting.reservoir)
        self._genuine, self._known = self.part(setting.genuine_rows), self.part(setting.known_rows)

    def part(self, at: np.ndarray) -> Part:
        """Return rows of the data set, under the tails of the reservoir."""
        base, tails = self.setting.artifacts.base, self.setting.reservoir.base_tails
        return Part(at, Reservoir(self.setting.rows(at), base, tails))

    def parts(self, episode: Episode) -> Parts:
        """Return the parts of one episode."""
        later, card = episode.later, self.setting.data.rows.card
        first = np.zeros(len(later), bool)
        first[np.unique(card[later], return_index=True)[1]] = True
        if len(later) > _LATER:
            chosen = np.sort(np.random.default_rng(5).choice(len(later), _LATER, replace=False))
            later, first = later[chosen], first[chosen]
        return Parts(self.reservoir, self._genuine, self._known, self.part(later), first)

    def outcome(
        self,
        parts: Parts,
        scores: list[np.ndarray],
        *,
        threshold: float | None = None,
        reasons: tuple[str, ...] = (),
    ) -> Outcome:
        """Return the outcome for the scores of reservoir, genuine, known and later rows.

        Without `threshold`, the threshold is the reservoir's quantile for the budget.
        """
        reservoir, genuine, known, later = scores
        limit = float(np.quantile(reservoir, 1 - BUDGET)) if threshold is None else threshold
        equal = float(np.quantile(genuine, 1 - BUDGET))
        return Outcome(
            recall=float(np.mean(later > limit)),
            average_precision=self._average_precision(genuine, later),
            alert_rate=float(np.mean(genuine > limit)),
            equal_recall=float(np.mean(later > equal)),
            known_recall=float(np.mean(known > limit)),
            equal_known=float(np.mean(known > equal)),
            first_recall=float(np.mean(later[parts.first] > equal)),
            live=not reasons,
            reasons=reasons,
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
