"""Contenders of a prequential replay: each learns from a training period and scores the days after it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from meta.arrays import Doubles, Floats
from meta.artifacts import SHIPPED as SHIPPED_FOLDER
from meta.artifacts import Artifacts
from meta.normaliser import Normaliser
from replay.lesson import Lesson, Score

_SEEDS = 3  # averaged, boosted trees gain about .005 of average precision


def base(lesson: Lesson) -> Score:
    """Train the base as it runs live, without risk columns."""
    return _base(lesson, lesson.live)


def base_with_risk(lesson: Lesson) -> Score:
    """Train the same network with the confirmed-fraud risk of each entity as further features."""
    return _base(lesson, len(lesson.features))


def logistic(lesson: Lesson) -> Score:
    """Train logistic regression on normal scores, with risk columns."""
    from sklearn.linear_model import LogisticRegression

    normaliser = Normaliser.fit(lesson.X[~lesson.fraud])
    model = LogisticRegression(C=0.1, max_iter=1000)
    model.fit(normaliser(lesson.X), lesson.fraud, sample_weight=lesson.weight)
    return lambda X: np.asarray(model.decision_function(normaliser(X)), np.float64)


def boosted(lesson: Lesson) -> Score:
    """Train boosted trees (LightGBM) with risk columns, averaged over three seeds, like a nightly retrain."""
    import lightgbm as lgb

    models = [
        lgb.LGBMClassifier(
            n_estimators=200, num_leaves=15, learning_rate=0.05, min_child_samples=20, reg_lambda=1.0,
            subsample=0.8, subsample_freq=1, colsample_bytree=0.6, random_state=lesson.seed + k,
            deterministic=True, force_row_wise=True, n_jobs=1, verbose=-1,
        ).fit(lesson.X, lesson.fraud, sample_weight=lesson.weight).booster_
        for k in range(_SEEDS)
    ]  # fmt: skip

    def score(X: Floats) -> Doubles:
        each = [np.asarray(model.predict(X, raw_score=True, num_threads=1), np.float64) for model in models]
        return np.asarray(np.mean(each, axis=0))

    return score


def forest(lesson: Lesson) -> Score:
    """Train River's adaptive random forest with risk columns, on a sample, one transaction at a time."""
    from replay.forest import learned  # imports river, which no other contender needs

    return learned(lesson)


def confirmed(lesson: Lesson) -> Score:
    """Return the rule that every team has: more recent confirmed frauds at an entity are more suspicious."""
    at = [j for j, name in enumerate(lesson.features) if name.endswith("_log_frauds_7d")]
    return lambda X: np.asarray(X[:, at].max(axis=1), np.float64)


def shipped(lesson: Lesson) -> Score:
    """Return the base that ships with flagfive, which has seen nothing of this file.

    Its features are those of the transaction and of two entities, which come first among the live ones.
    """
    model = Artifacts.load(SHIPPED_FOLDER).base
    width = len(model.features)
    return lambda X: model.score(np.ascontiguousarray(X[:, :width]))


SHIPPED = "shipped"
SHIPPED_ENTITIES = 2

CONTENDERS: dict[str, Callable[[Lesson], Score]] = {
    SHIPPED: shipped,
    "base": base,
    "base+risk": base_with_risk,
    "lightgbm": boosted,
    "logistic": logistic,
    "forest": forest,
    "confirmed": confirmed,
}

NETWORKS = ("base", "base+risk")
"""Contenders that train a network."""

COSTS = {
    "confirmed": 0.5,
    SHIPPED: 1,
    "logistic": 2,
    "base": 12,
    "base+risk": 18,
    "lightgbm": 20,
    "forest": 30,
}
"""Seconds that a fold of 50,000 training rows takes on a free core, with the start of a process."""


def _base(lesson: Lesson, width: int) -> Score:
    from meta.base_training import BaseSettings, History, train_base  # imports torch

    X = np.ascontiguousarray(lesson.X[:, :width])
    history = History(lesson.features[:width], X, lesson.fraud, lesson.weight, lesson.period)
    model = train_base(
        history,
        BaseSettings(seed=lesson.seed),
        progress=lambda step, steps, loss: lesson.report_progress("training base", step, steps),
    )
    return lambda rows: model.score(np.ascontiguousarray(rows[:, :width]))
