"""Detectors that are a weighted sum of normal scores."""

from __future__ import annotations

import numpy as np

from meta import kernels
from meta.arrays import Doubles, Floats
from meta.detector import Detector
from meta.detector_tensors import TensorSpec, TensorSpecs
from meta.normaliser import Normaliser


def linear_detector(adapter: str, weight: Doubles, bias: float) -> Detector:
    """Return a detector of `weight` (tokens,) and `bias`."""
    tensors = {"weight": weight.astype(np.float32)[:, None], "bias": np.array([bias], np.float32)}
    return Detector(adapter, tensors)


def linear_score(detector: Detector, normaliser: Normaliser, X: Floats) -> Doubles:
    """Return log-odds float64 (n,) of raw features float32 (n, d)."""
    out = np.empty((len(X), 1), np.float32)
    kernels.dense(normaliser(X), detector.tensors["weight"], detector.tensors["bias"], out)
    return out[:, 0].astype(np.float64)


def linear_specs(normaliser: Normaliser) -> TensorSpecs:
    """Return the specs of a linear detector's tensors."""
    return {"weight": TensorSpec((normaliser.tokens, 1)), "bias": TensorSpec((1,))}
