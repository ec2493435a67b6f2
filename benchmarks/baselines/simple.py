"""Simple baselines: closed forms, logistic regression, trees and isolation forests."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from benchmarks.baselines.protocol import Baseline, Score
from meta.arrays import Doubles, Floats
from meta.least_squares import least_squares


def ridge(penalty: float) -> Baseline:
    """Return least squares with this penalty per row; flags and unlabelled rows weigh the same in sum."""

    def fit(flags: Floats, unlabelled: Floats, *, seed: int) -> Score:
        weights, bias = least_squares(flags, np.ones((1, len(flags)), bool), unlabelled, penalty)
        return lambda Z: np.asarray(Z @ weights[0] + bias[0])

    return fit


def logistic(flags: Floats, unlabelled: Floats, *, seed: int) -> Score:
    """Fit logistic regression, C 0.1, with balanced class weights."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=500)
    model.fit(*labelled(flags, unlabelled))
    return lambda Z: np.asarray(model.decision_function(Z))


def distance_of_means(flags: Floats, unlabelled: Floats, *, seed: int) -> Score:
    """Score by the distance to the mean of the unlabelled rows less the distance to the flags' mean."""
    flagged, usual = flags.mean(0), unlabelled.mean(0)
    return lambda Z: np.asarray(
        np.linalg.norm(Z - usual, axis=1) - np.linalg.norm(Z - flagged, axis=1), np.float64
    )


def isolation_forest(flags: Floats, unlabelled: Floats, *, seed: int) -> Score:
    """Fit an isolation forest to all rows, without labels.

    Source: Liu, Ting, Zhou 2008, «Isolation forest».
    """
    from sklearn.ensemble import IsolationForest

    model = IsolationForest(random_state=seed).fit(np.concatenate([flags, unlabelled]))
    return lambda Z: -np.asarray(model.score_samples(Z))


def summed_ranks(flags: Floats, unlabelled: Floats, *, seed: int) -> Score:
    """Add the ranks that logistic regression and an isolation forest give to the scored rows."""
    parts = [fit(flags, unlabelled, seed=seed) for fit in (logistic, isolation_forest)]

    def score(Z: Floats) -> Doubles:
        return np.asarray(np.sum([rankdata(part(Z)) for part in parts], axis=0))

    return score


def boosted_trees(flags: Floats, unlabelled: Floats, *, seed: int) -> Score:
    """Fit LightGBM with 100 trees and balanced class weights.

    Source: Ke et al. 2017, «LightGBM: a highly efficient gradient boosting decision tree».
    """
    import lightgbm as lgb

    model = lgb.LGBMClassifier(
        n_estimators=100, class_weight="balanced", random_state=seed, n_jobs=1, verbose=-1
    )
    X, y = labelled(flags, unlabelled)
    model.fit(X, y)
    return lambda Z: np.asarray(model.predict(Z, raw_score=True), np.float64)


def labelled(flags: Floats, unlabelled: Floats) -> tuple[Floats, np.ndarray]:
    """Return flags and unlabelled rows as one array (k + m, t), with labels 1 and 0."""
    return np.concatenate([flags, unlabelled]), np.repeat([1, 0], [len(flags), len(unlabelled)])
