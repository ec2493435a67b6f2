"""Retrain: boosted trees on the flags beside background and past fraud. What a fraud team runs nightly.

Slow to make (seconds) and to score; the baseline that few flags hardly move and many flags make strong.
Source: Ke et al. 2017, «LightGBM: a highly efficient gradient boosting decision tree».
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from meta.arrays import Doubles, Floats
from meta.detector import Detector
from meta.normaliser import Normaliser
from meta.support import Support

if TYPE_CHECKING:
    import lightgbm as lgb


@dataclass(frozen=True)
class Retrain:
    """Adapter with `past` confirmed frauds (m, d) in raw features.

    Flags together weigh `share` of what all past frauds weigh, or as much as the background without any.
    """

    normaliser: Normaliser
    past: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    share: float = 0.25
    trees: int = 100
    name: str = "retrain"
    needs_surprise: bool = False

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return the trees as text; the seed is LightGBM's."""
        import lightgbm as lgb  # brings scikit-learn: seconds that a scorer's start need not wait

        genuine = support.with_negatives(background)
        parts = [support.fraud, genuine, *([self.past] if len(self.past) else [])]
        fraud = np.repeat([1.0, 0.0, 1.0][: len(parts)], [len(p) for p in parts])
        whole = self.share * len(self.past) if len(self.past) else float(len(genuine))
        weight = np.repeat([whole / len(support), 1.0, 1.0][: len(parts)], [len(p) for p in parts])
        model = lgb.LGBMClassifier(
            n_estimators=self.trees, num_leaves=31, learning_rate=0.06, min_child_samples=20, reg_lambda=1.0,
            random_state=seed, deterministic=True, force_row_wise=True, n_jobs=1, verbose=-1,
        )  # fmt: skip
        model.fit(self.normaliser(np.concatenate(parts)), fraud, sample_weight=weight)
        text = model.booster_.model_to_string().encode()
        return Detector(self.name, {"trees": np.frombuffer(text, np.uint8).copy()})

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,)."""
        booster = _booster(detector.tensors["trees"].tobytes())
        scores = booster.predict(self.normaliser(X), raw_score=True, num_threads=1)
        return np.asarray(scores, dtype=np.float64)


@lru_cache(maxsize=16)
def _booster(text: bytes) -> lgb.Booster:
    """Parse trees once: a live detector scores every batch."""
    import lightgbm as lgb

    return lgb.Booster(model_str=text.decode())
