"""Detectors that are one curve per token and a bias: the form that evidence and portfolio write."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from meta import kernels
from meta.adapters.protocol import Encoded, Scorer
from meta.arrays import Floats, Tensors
from meta.detector import Detector
from meta.detector_tensors import TensorSpec, TensorSpecs
from meta.evidence_model import summed_curves

ADAPTERS = ()


def curve_tensors(table: Floats, bias: float) -> Tensors:
    """Return the tensors of a detector with curves (tokens, KNOTS) and a bias."""
    return {"table": np.ascontiguousarray(table), "bias": np.array([bias], np.float32)}


def curve_specs(tokens: int) -> TensorSpecs:
    """Return the specs of these tensors."""
    return {"table": TensorSpec((tokens, kernels.KNOTS)), "bias": TensorSpec((1,))}


def curve_scorer(detectors: Sequence[Detector]) -> Scorer:
    """Return a function that sums the curves of all detectors in one pass of the kernel."""
    tables = np.ascontiguousarray(np.stack([d.tensors["table"] for d in detectors], axis=2))
    bias = np.concatenate([d.tensors["bias"] for d in detectors])

    def scores(encoded: Encoded) -> NDArray[np.float64]:
        index, weight = encoded
        return summed_curves(index, weight, tables, bias)

    return scores
