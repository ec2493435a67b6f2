"""The live default adapter on a table: no labelled history, no trained artifacts, only a normaliser."""

from __future__ import annotations

import numpy as np

from meta import kernels
from meta.adapters.protocol import Adapter
from meta.adapters.registry import DEFAULT, adapter
from meta.arrays import Floats
from meta.artifacts import Artifacts
from meta.base import BaseModel, Provenance
from meta.curve_network import CurveNetwork
from meta.histograms import Histograms
from meta.normaliser import Normaliser


def live_default(unlabelled: Floats, normaliser: Normaliser) -> Adapter:
    """Return the adapter that runs live, beside a base that knows nothing.

    Args:
        unlabelled: Training rows without a label, raw features float32 (m, d).
        normaliser: Map to normal scores, learned from these rows.

    Raises:
        NoArtifacts: The live default needs artifacts that only training makes.
    """
    features = tuple(f"feature_{number}" for number in range(unlabelled.shape[1]))
    nothing = Provenance((0.0, 0.0), "", 0, len(unlabelled), 0)
    base = BaseModel(features, normaliser, _silent(normaliser.tokens), Histograms.fit(unlabelled), nothing)
    return adapter(DEFAULT, Artifacts(base))


def _silent(tokens: int) -> CurveNetwork:
    """Return the smallest network; it gives every row a score of 0."""
    one, nothing = np.zeros((1, 1), np.float32), np.zeros(1, np.float32)
    return CurveNetwork(np.zeros((tokens, kernels.KNOTS, 1), np.float32), nothing, one, nothing, one, nothing)
