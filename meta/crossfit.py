"""The base's surprise of a fraud family that it has never seen.

A network that reads the base's surprise must not learn to rely on a base that knows the pattern already. So
in meta-training, the surprise of an episode of family f comes from trees that were fitted without f.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from meta.arrays import Doubles, Floats
from meta.calibration import Tails, token_of
from meta.families import Labels

Scorer = Callable[[Floats], Doubles]


@dataclass(frozen=True)
class CrossFit:
    """For each family, and for 0 (no known family), a scorer of normal scores and its tails."""

    scorers: dict[int, Scorer]
    tails: dict[int, Tails]

    @classmethod
    def fit(cls, scores: Floats, family: Labels, *, trees: int = 120, seed: int = 0) -> CrossFit:
        """Fit one model per family on normal scores (n, d), leaving that family out; family 0 is genuine."""
        families = [0, *(int(f) for f in np.unique(family) if f > 0)]
        if len(families) == 2:  # a single family cannot be left out: use the model of all
            families = [0]
        scorers = {f: _boosted(scores, family, f, trees, seed) for f in families}
        genuine = scores[family == 0]
        return cls(scorers, {f: Tails.fit(score(genuine)) for f, score in scorers.items()})

    def token(self, scores: Floats, family: int) -> Floats:
        """Return the base's token float32 (n,) for normal scores (n, d) in an episode of `family`."""
        f = family if family in self.scorers else 0
        return token_of(self.tails[f].surprise(self.scorers[f](scores)))


def _boosted(scores: Floats, family: Labels, without: int, trees: int, seed: int) -> Scorer:
    keep = (family == 0) | (family != without)
    model = lgb.LGBMClassifier(
        n_estimators=trees, num_leaves=15, learning_rate=0.08, reg_lambda=1.0, random_state=seed,
        deterministic=True, n_jobs=1, verbose=-1,
    )  # fmt: skip
    model.fit(scores[keep], family[keep] > 0)
    booster = model.booster_  # the wrapper warns about missing column names with every call
    return lambda X: np.asarray(booster.predict(X, raw_score=True, num_threads=1), dtype=np.float64)
