"""What the base's network follows: boosted trees and logistic regression, asked at mixtures of rows too.

A week has a few hundred frauds: a network that follows its teacher on these alone has them by heart and errs
between them. The teacher is a function, so it is asked between them as well, at mixtures of two rows each.
Source: Bucila, Caruana, Niculescu-Mizil 2006, «Model compression».
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles, Floats

_FOLDS, _FOLDS_OF_FEW = 3, 5  # with two, each half of few frauds teaches: .005 less average precision
_FEW = 1_000  # frauds; of more, three folds are as good and take 60% of the time
_STRAIGHT = 0.3  # of the log-odds, from logistic regression: beyond their last edge trees are flat
_MOST_SWAPPED = 0.5  # of a row's tokens; the rest is still one row's

Labels = NDArray[np.bool_]
Score = Callable[[Floats], Doubles]


@dataclass(frozen=True)
class Teacher:
    """Log-odds float32 (n,) of the training rows, each by the model that has not seen it, and the models.

    What a model has seen it has memorised, so its word on it would teach that.
    """

    out_of_fold: Floats
    models: tuple[Score, ...]

    @classmethod
    def fit(cls, tokens: Floats, fraud: Labels, weight: Doubles, *, trees: int, seed: int) -> Teacher:
        """Fit one model per fold on normal scores (n, t), all but that fold; frauds are spread evenly."""
        out, models = np.empty(len(tokens), np.float32), []
        count = _FOLDS_OF_FEW if fraud.sum() < _FEW else _FOLDS
        fold = _folds(fraud, count, seed)
        for k in range(count):
            rest = fold == k
            fit = ~rest
            if fraud[fit].all() or not fraud[fit].any():  # the only row of its kind is in every model
                fit = np.ones(len(fold), bool)
            models.append(_model(tokens[fit], fraud[fit], weight[fit], trees, seed))
            if rest.any():
                out[rest] = models[-1](tokens[rest])
        return cls(out, tuple(models))

    def __call__(self, tokens: Floats) -> Floats:
        """Return the models' mean log-odds float32 (m,) for rows (m, t) that none of them has seen."""
        return np.asarray(np.mean([model(tokens) for model in self.models], axis=0), np.float32)


def mixtures(tokens: Floats, fraud: Labels, rows: int, seed: int) -> Floats:
    """Return float32 (rows, t): each a row of `tokens` (n, t) with up to half its tokens from another row.

    A fourth of either kind of row is fraud.
    """
    rng = np.random.default_rng((seed, rows))
    kinds = (np.flatnonzero(~fraud), np.flatnonzero(fraud))

    def drawn() -> Floats:
        at = np.where(rng.random(rows) < 0.25, rng.choice(kinds[1], rows), rng.choice(kinds[0], rows))
        return np.asarray(tokens[at], np.float32)

    swapped = rng.random((rows, tokens.shape[1]), np.float32) < rng.uniform(0, _MOST_SWAPPED, (rows, 1))
    return np.where(swapped, drawn(), drawn())


def _folds(fraud: Labels, count: int, seed: int) -> NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    fold = np.empty(len(fraud), np.int64)
    for kind in (fraud, ~fraud):
        fold[kind] = rng.permutation(int(kind.sum())) % count
    return fold


def _model(tokens: Floats, fraud: Labels, weight: Doubles, trees: int, seed: int) -> Score:
    from sklearn.linear_model import LogisticRegression  # seconds that a start need not wait

    booster = lgb.LGBMClassifier(
        n_estimators=trees, num_leaves=31, learning_rate=0.05, min_child_samples=20, reg_lambda=1.0,
        subsample=0.8, subsample_freq=1, colsample_bytree=0.8, random_state=seed, deterministic=True,
        n_jobs=1, verbose=-1,
    ).fit(tokens, fraud, sample_weight=weight).booster_  # fmt: skip
    line = LogisticRegression(C=0.1, max_iter=1000).fit(tokens, fraud, sample_weight=weight)

    def score(rows: Floats) -> Doubles:
        bent = np.asarray(booster.predict(rows, raw_score=True, num_threads=1), np.float64)
        return (1 - _STRAIGHT) * bent + _STRAIGHT * np.asarray(line.decision_function(rows), np.float64)

    return score
