"""Fixtures: a small trained base and an untrained evidence network on synthetic features."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from meta.arrays import Floats
from meta.artifacts import Artifacts
from meta.base_training import BaseSettings, History, train_base
from meta.evidence_model import EvidenceModel
from meta.networks.evidence import EvidenceNet

FEATURES = tuple(f"feature_{i}" for i in range(7))


@pytest.fixture(scope="session")
def rows() -> Floats:
    return history_rows()


@pytest.fixture(scope="session")
def artifacts() -> Artifacts:
    return trained()


@cache
def history_rows() -> Floats:
    """Return 4,000 rows of 7 features; the last 200 are frauds, high in the first three features."""
    rng = np.random.default_rng(3)
    X = rng.standard_normal((4000, 7)).astype(np.float32)
    X[-200:, :3] += 2
    return X


@cache
def trained() -> Artifacts:
    """Return the models; mutation testing forks after they are trained once."""
    rows = history_rows()
    fraud = np.arange(len(rows)) >= len(rows) - 200
    history = History(FEATURES, rows, fraud, np.ones(len(rows)), (0.0, 86_400.0))
    base = train_base(history, BaseSettings(steps=400, batch=256, trees=20, hidden=(16, 8)))
    torch.manual_seed(5)
    blind, aware = (
        EvidenceModel.of(EvidenceNet(n, learned=5, trunk=12), FEATURES, base.normaliser, {}) for n in (7, 8)
    )
    return Artifacts(base, blind, aware)
