"""The teacher of the base's network: boosted trees and logistic regression.

A week has a few hundred frauds. A network that follows its teacher on these alone memorises them and errs
between them. So the teacher also scores mixtures of two rows each.
Source: Bucila, Caruana, Niculescu-Mizil 2006, «Model compression».
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles, Floats

_FOLDS, _FOLDS_OF_FEW = 3, 5  # two folds of few frauds gave .005 less average precision
_FEW = 1_000  # frauds; with more, three folds are as good and take 60% of the time
_STRAIGHT = 0.3  # weight of logistic regression in the log-odds: trees are flat beyond their last edge
_MOST_SWAPPED = 0.5  # largest share of a row's tokens that come from another row

Labels = NDArray[np.bool_]
Score = Callable[[Floats], Doubles]


@dataclass(frozen=True)
class Teacher:
    """Models fitted to folds of the training rows.

    Attributes:
        out_of_fold: Log-odds of the training rows, float32 (n,), each from a model that has not seen the row:
            a model memorises the rows that it has seen.
        models: A model for each fold.
    """

    out_of_fold: Floats
    models: tuple[Score, ...]

    @classmethod
    def fit(
        cls, tokens: Floats, fraud: Labels, weight: Doubles, *, trees: int, rate: float = 0.05, seed: int
    ) -> Teacher:
        """Fit one model per fold to the other folds; frauds are spread evenly over the folds.

        Args:
            tokens: Normal scores float32 (n, t).
            fraud: Which rows are fraud, bool (n,).
            weight: Weight of each row, float64 (n,).
            trees: Trees of each model.
            rate: Learning rate of the trees.
            seed: Seed of folds and models.
        """
        out, models = np.empty(len(tokens), np.float32), []
        binned = lgb.Dataset(tokens, fraud, weight=weight, params=_trees(rate, seed)).construct()
        count = _FOLDS_OF_FEW if fraud.sum() < _FEW else _FOLDS
        fold = _folds(fraud, count, seed)
        for k in range(count):
            rest = fold == k
            fit = ~rest
            if fraud[fit].all() or not fraud[fit].any():  # a kind with a single row is in every model
                fit = np.ones(len(fold), bool)
            booster = lgb.train(_trees(rate, seed), binned.subset(np.flatnonzero(fit).tolist()), trees)
            line = _line(tokens[fit], fraud[fit], weight[fit])
            models.append(partial(_log_odds, booster, line))
            if rest.any():
                out[rest] = models[-1](tokens[rest])
        return cls(out, tuple(models))

    def __call__(self, tokens: Floats) -> Floats:
        """Return log-odds float32 (m,) for rows (m, t) that no model has seen, each row from the next model.

        The mean of all models would take as many times as long. The network sees so many rows that it
        averages over the models itself.
        """
        out, count = np.empty(len(tokens), np.float32), len(self.models)
        for k, model in enumerate(self.models):
            out[k::count] = model(tokens[k::count])
        return out


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


def _trees(rate: float, seed: int) -> dict[str, Any]:
    """Return LightGBM's parameters.

    Each tree is fitted to the tenth of the rows with the largest gradients and a tenth of the others (GOSS).
    Source: Ke et al. 2017, "LightGBM: A Highly Efficient Gradient Boosting Decision Tree".
    """
    return {
        "objective": "binary", "num_leaves": 31, "learning_rate": rate, "min_data_in_leaf": 20,
        "lambda_l2": 1.0, "data_sample_strategy": "goss", "top_rate": 0.1, "other_rate": 0.1,
        "feature_fraction": 0.8, "seed": seed, "deterministic": True, "force_col_wise": True,
        "num_threads": 1, "verbose": -1,
    }  # fmt: skip


def _line(tokens: Floats, fraud: Labels, weight: Doubles) -> Any:
    from sklearn.linear_model import LogisticRegression  # seconds that a start need not wait

    return LogisticRegression(C=0.1, max_iter=1000).fit(tokens, fraud, sample_weight=weight)


def _log_odds(booster: lgb.Booster, line: Any, rows: Floats) -> Doubles:
    bent = np.asarray(booster.predict(rows, raw_score=True, num_threads=1), np.float64)
    return (1 - _STRAIGHT) * bent + _STRAIGHT * np.asarray(line.decision_function(rows), np.float64)
