"""Training runs on the chosen device, and equal seeds give equal bytes on it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from meta import training
from meta.artifacts import Artifacts
from meta.base_training import BaseSettings
from meta.device import NoSuchDevice, chosen_device, reproducible
from meta.learner_training import LearnerSettings
from meta.meta_training import MetaSettings
from meta.training import TrainingSettings, train_artifacts, with_learners
from tests.two_families import history

NEEDS_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
DEVICES = ("cpu", pytest.param("cuda", marks=NEEDS_GPU))
SMALL = TrainingSettings(
    BaseSettings(steps=60, batch=256, trees=10, hidden=(16, 8), mixtures=2_000),
    MetaSettings(steps=20, tasks=4, learned=4, trunk=8, width=8, layers=1),
)


def train(device: str) -> Artifacts:
    """Train everything that `flagfive train --learners` trains."""
    return with_learners(train_artifacts(history(), SMALL, device=device), history(), device=device)


def test_auto_takes_what_there_is() -> None:
    assert chosen_device("auto") == ("cuda" if torch.cuda.is_available() else "cpu")
    assert chosen_device("cpu") == "cpu"


@pytest.mark.parametrize("wish", ["", "gpu", "cpu:1", "cuda:", "cuda:x", "cuda:-1"])
def test_what_is_no_device_is_refused_with_what_is_allowed(wish: str) -> None:
    with pytest.raises(NoSuchDevice, match="allowed are"):
        chosen_device(wish)


def test_a_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(NoSuchDevice, match=r"torch finds (no GPU|GPUs 0 to \d+) here; allowed are"):
        chosen_device("cuda:99")


@pytest.mark.parametrize("device", DEVICES)
def test_equal_seeds_give_equal_bytes(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "LearnerSettings", partial(LearnerSettings, 4, 4, (8, 4)))
    one, two = train(device), train(device)
    for part in ("base", "evidence", "evidence_aware", "learners"):
        assert getattr(one, part).to_bytes() == getattr(two, part).to_bytes(), part


@pytest.mark.parametrize("device", DEVICES)
def test_what_a_device_trained_tells_fraud_from_genuine(device: str) -> None:
    settings = replace(SMALL, base=replace(SMALL.base, steps=300), aware=False)
    made = train_artifacts(history(), settings, device=device)
    rows = history().rows
    scores = made.base.score(rows.X)
    assert np.median(scores[rows.family > 0]) > np.quantile(scores[rows.family == 0], 0.9)


def test_reproducible_gives_back_the_setting_that_it_found() -> None:
    before = torch.are_deterministic_algorithms_enabled()
    with reproducible("cuda"):
        assert torch.are_deterministic_algorithms_enabled()
    assert torch.are_deterministic_algorithms_enabled() == before
