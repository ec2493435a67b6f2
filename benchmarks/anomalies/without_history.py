"""Artifacts for a table without history: nothing is trained; there is a normaliser and a silent base."""

from __future__ import annotations

import numpy as np

from meta import kernels
from meta.arrays import Floats
from meta.artifacts import Artifacts
from meta.base import BaseModel, Provenance
from meta.curve_network import CurveNetwork
from meta.histograms import Histograms
from meta.normaliser import Normaliser


def without_history(unlabelled: Floats, normaliser: Normaliser) -> Artifacts:
    """Return artifacts from which any adapter can be made that needs no training.

    Args:
        unlabelled: Training rows without a label, raw features float32 (m, d).
        normaliser: Map to normal scores, learned from these rows.
    """
    features = tuple(f"feature_{number}" for number in range(unlabelled.shape[1]))
    nothing = Provenance((0.0, 0.0), "", 0, len(unlabelled), 0)
    return Artifacts(
        BaseModel(features, normaliser, _silent(normaliser.tokens), Histograms.fit(unlabelled), nothing)
    )


def _silent(tokens: int) -> CurveNetwork:
    """Return the smallest network; it gives every row a score of 0."""
    one, nothing = np.zeros((1, 1), np.float32), np.zeros(1, np.float32)
    return CurveNetwork(np.zeros((tokens, kernels.KNOTS, 1), np.float32), nothing, one, nothing, one, nothing)
