"""The base with one episode per kind of fraud: the newest frauds of the training period as flags."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from meta.adapters.registry import adapter
from meta.arrays import Floats
from meta.artifacts import Artifacts
from meta.episode import TooLittleTraffic, known_fraud, propose
from meta.reservoir import Reservoir
from meta.sampler import Labelled
from meta.scored_traffic import ScoredTraffic, spread_order
from meta.stack import ScoringStack
from meta.support import Support
from meta.threshold import first_threshold
from meta.verdict import DEFAULT_LIMITS
from replay.lesson import Lesson, Score
from replay.training import train

COST = 150.0
"""Seconds that a fold of 50,000 training rows takes on a free core."""


@dataclass(frozen=True)
class WithEpisodes:
    """The contender of one adapter.

    A detector that the gate refuses does not score. Nothing is flagged after the training period, so all
    contenders know the same. With too few reserved rows to calibrate on, the base scores alone.

    Attributes:
        name: Name of the adapter.
        adapters: All adapters that share the training of one period.
        flags: Number of flagged frauds of each kind.
        steps: Steps of meta-training.
    """

    name: str
    adapters: tuple[str, ...]
    flags: int
    steps: int

    def __call__(self, lesson: Lesson) -> Score:
        """Train on a period, and flag its newest frauds."""
        artifacts = _artifacts(lesson, self.adapters, self.steps)
        base, reserve = artifacts.base, np.ascontiguousarray(lesson.reserve[:, : lesson.live])
        reservoir = Reservoir(reserve[spread_order(len(reserve))], base)
        traffic = ScoredTraffic.of(reservoir, ScoringStack(base, reservoir.base_tails))
        budget, live = DEFAULT_LIMITS.budget, dict[str, Floats]()
        threshold = first_threshold(budget)
        for family in np.unique(lesson.family[lesson.fraud]).tolist():
            flagged = _newest(lesson, family, self.flags)
            known = known_fraud(artifacts.past[:0], artifacts.past, live)
            try:
                found = propose(
                    traffic, adapter(self.name, artifacts), Support(flagged), np.arange(len(traffic)), known,
                    threshold=threshold, budget=budget, seed=lesson.seed,
                )  # fmt: skip
            except TooLittleTraffic:
                break
            if found.verdict.passed:
                live[str(family)], threshold = flagged, found.verdict.threshold
                stack = traffic.stack.replaced((*traffic.stack.detectors, found.verdict.live))
                traffic = ScoredTraffic.of(reservoir, stack, known=traffic.columns)
        return lambda X: traffic.stack.score(np.ascontiguousarray(X[:, : lesson.live]))[0]


def _newest(lesson: Lesson, family: int, flags: int) -> Floats:
    """Live features of the newest frauds of a family, each of another card."""
    rows = np.flatnonzero(lesson.fraud & (lesson.family == family))[::-1]
    _, first = np.unique(lesson.card[rows], return_index=True)
    return np.ascontiguousarray(lesson.X[rows[np.sort(first)[:flags]], : lesson.live])


@lru_cache(maxsize=1)  # contenders of one period follow each other, and training takes minutes
def _artifacts(lesson: Lesson, adapters: tuple[str, ...], steps: int) -> Artifacts:
    X = np.ascontiguousarray(lesson.X[:, : lesson.live])
    family = np.where(lesson.fraud, np.where(lesson.family >= 0, lesson.family + 1, -1), 0)
    rows = Labelled(X, family.astype(np.int64), lesson.card.view(np.int64), lesson.seconds)
    return train(
        rows, lesson.features[: lesson.live], lesson.families, adapters, base_steps=2 * steps,
        meta_steps=steps, seed=lesson.seed, report_progress=lesson.report_progress,
    )  # fmt: skip
