"""Synthetic history with two families of fraud, each with high values in a different feature."""

from __future__ import annotations

import numpy as np

from features.formulas import WINDOW_FORMULAS
from meta.sampler import Labelled
from meta.training import NamedHistory

NAMES = (
    "log_amount", "card_log_count_1d", "card_deviation_1d", "card_ratio_1d", "other",
    "whole_amount", "card_log_seconds_since_last", "card_log_partners_1d", "card_partner_novelty",
)  # fmt: skip


def history() -> NamedHistory:
    """Return 6,000 rows, one every 30 seconds; each family has one row in twenty."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((6_000, len(NAMES))).astype(np.float32)
    X[:, 0], X[:, 1] = 3 + X[:, 0], np.abs(X[:, 1])
    family = rng.choice([0, 1, 2], len(X), p=[0.9, 0.05, 0.05]).astype(np.int64)
    for f in (1, 2):
        X[family == f, f + 1] += 3
    card = rng.integers(0, 300, len(X)).astype(np.int64)
    rows = Labelled(X, family, card, 30.0 * np.arange(len(X), dtype=np.float64))
    return NamedHistory(NAMES, rows, ("one", "two"), formulas=WINDOW_FORMULAS)
