"""The base with episodes of what a training period knows: the newest frauds of each kind, as if flagged."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from meta.adapters.registry import adapter
from meta.artifacts import Artifacts
from meta.calibration import Tails
from meta.gate import judge
from meta.reservoir import Reservoir
from meta.sampler import Labelled
from meta.stack import ScoringStack
from meta.support import Support
from replay.lesson import Lesson, Score
from replay.training import train

_BACKGROUND = 2_048  # genuine rows that an adapter may read


def with_episodes(name: str, adapters: tuple[str, ...], flags: int, steps: int) -> Callable[[Lesson], Score]:
    """Return the contender of one adapter; `adapters` are all that share the training of one period.

    What the gate refuses does not score. Nobody flags anything after the span: all contenders know the same.
    """

    def learn(lesson: Lesson) -> Score:
        artifacts = _artifacts(lesson, adapters, steps)
        base, usual = artifacts.base, np.ascontiguousarray(lesson.reserve[:, : lesson.live])
        stack = ScoringStack(base, Tails.fit(base.score(usual)))
        reservoir = Reservoir(usual, base, stack.base_tails)
        for family in np.unique(lesson.family[lesson.fraud]).tolist():
            verdict = judge(
                stack, adapter(name, artifacts), Support(_newest(lesson, family, flags)), usual[:_BACKGROUND],
                reservoir, {"past fraud": artifacts.past}, seed=lesson.seed,
            )  # fmt: skip
            if verdict.passed:
                stack = stack.replaced((*stack.detectors, verdict.live))
        return lambda X: stack.score(np.ascontiguousarray(X[:, : lesson.live]))[0]

    return learn


def _newest(lesson: Lesson, family: int, flags: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
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
        meta_steps=steps, seed=lesson.seed, progress=lesson.progress,
    )  # fmt: skip
