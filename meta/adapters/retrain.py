"""Retrain: boosted trees on the flags beside background and past fraud. What a fraud team runs nightly.

Slow to make (seconds) and to score. Few flags hardly move it, many flags make it strong.
Source: Ke et al. 2017, «LightGBM: a highly efficient gradient boosting decision tree».
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from meta.adapters.declaration import Declaration
from meta.adapters.simple import SimpleAdapter
from meta.arrays import Doubles, Floats
from meta.detector import Detector
from meta.detector_tensors import TensorSpec, TensorSpecs, UnfitDetector
from meta.normaliser import Normaliser
from meta.support import Support

if TYPE_CHECKING:
    import lightgbm as lgb


@dataclass(frozen=True)
class Retrain(SimpleAdapter):
    """Adapter over past fraud.

    Attributes:
        normaliser: Map from raw features to normal scores.
        past: Confirmed frauds, raw features float32 (m, d); none by default.
        share: Weight of all flags together, as a share of the weight of all past frauds. Without past fraud
            the flags weigh as much as the background.
        trees: Trees in the model.
    """

    normaliser: Normaliser
    past: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    share: float = 0.25
    trees: int = 100
    name: str = "retrain"

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

    def tensor_specs(self) -> TensorSpecs:
        """Return the spec of the trees: LightGBM's text, as bytes."""
        return {"trees": TensorSpec((None,), "uint8")}

    def check(self, detector: Detector) -> None:
        """Check the tensors, and that LightGBM can read the trees and they read this many tokens."""
        super().check(detector)
        tokens = self.normaliser.tokens
        try:
            found = _booster(detector.tensors["trees"].tobytes()).num_feature()
        except Exception as error:  # LightGBM's own error, or that of text which is no UTF-8
            raise UnfitDetector(f"trees cannot be read: {error}") from error
        if found != tokens:
            raise UnfitDetector(f"trees read {found} tokens, allowed are {tokens}")


@lru_cache(maxsize=16)  # a live detector scores every batch
def _booster(text: bytes) -> lgb.Booster:
    import lightgbm as lgb

    return lgb.Booster(model_str=text.decode())


ADAPTERS = (Declaration("retrain", lambda artifacts: Retrain(artifacts.base.normaliser, artifacts.past)),)
