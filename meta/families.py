"""Families of past fraud without labels: clusters of the confirmed frauds."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.cluster import KMeans

from meta.arrays import Floats

Labels = np.ndarray[tuple[int], np.dtype[np.int64]]


def cluster_families(scores: Floats, families: int = 6, *, seed: int = 0) -> Labels:
    """Cluster frauds by k-means. Meta-training needs families that differ, not the true ones.

    Args:
        scores: Normal scores of the frauds, float32 (n, d).
        families: Most clusters.
        seed: Seed of k-means.

    Returns:
        Family of each fraud, int64 (n,), from 1.
    """
    count = max(1, min(families, len(scores) // 30))  # an episode with its queries needs about 30 rows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # duplicated frauds give fewer clusters, which is fine
        model = KMeans(count, n_init=4, random_state=seed).fit(scores)
    return np.asarray(model.labels_, dtype=np.int64) + 1
