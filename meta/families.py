"""Families of past fraud where nobody has labelled them: clusters of the confirmed frauds."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.cluster import KMeans

from meta.arrays import Floats

Labels = np.ndarray[tuple[int], np.dtype[np.int64]]


def cluster_families(scores: Floats, families: int = 6, *, seed: int = 0) -> Labels:
    """Return a family 1 to `families` for each fraud of normal scores float32 (n, d).

    k-means on normal scores: crude, but meta-training needs kinds of fraud that differ, not true ones.
    """
    count = max(1, min(families, len(scores) // 30))  # fewer than 30 rows make no episode with its queries
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # duplicated frauds give fewer clusters than asked for, which is fine
        model = KMeans(count, n_init=4, random_state=seed).fit(scores)
    return np.asarray(model.labels_, dtype=np.int64) + 1
