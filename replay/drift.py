"""Measures how far traffic has moved from the training period: population stability index by feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from meta.arrays import Doubles, Floats
from meta.histograms import Histograms, stability_index

WATCH, MAJOR = 0.1, 0.25  # below the first stable, above the second a major shift


class ReplayDrift:
    """Counts traffic part by part into the deciles of the training period's genuine rows (n, d)."""

    def __init__(self, genuine: Floats) -> None:
        self._reference = Histograms.fit(genuine)
        self._counts: Doubles = np.zeros(self._reference.shares.shape)

    def add(self, X: Floats) -> None:
        """Take in rows (m, d) without known fraud, since the share of fraud would count as drift."""
        self._counts += self._reference.count(X) * len(X)

    def indices(self) -> Doubles:
        """Return the index of each feature, float64 (d,); zeros before any row was added."""
        rows = self._counts[0].sum() if len(self._counts) else 0.0
        if not rows:
            return np.zeros(len(self._counts))
        return stability_index(self._counts / rows, self._reference.shares.astype(np.float64))


def moved(names: Sequence[str], drifts: Sequence[ReplayDrift]) -> list[dict[str, Any]]:
    """Return `feature` and `psi` of all features, a mean over test windows, the largest first."""
    mean = np.mean([drift.indices() for drift in drifts], axis=0)
    return [{"feature": names[j], "psi": float(mean[j])} for j in np.argsort(-mean, kind="stable")]
