"""The base: training, storing, loading, resuming."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from meta.adapters.registry import adapter
from meta.arrays import Floats, WrongShape
from meta.artifacts import Artifacts, NoArtifacts
from meta.base import BaseModel
from meta.base_training import BaseSettings, History, NoFraud, train_base
from meta.tensors import BrokenArtifact

SMALL = BaseSettings(steps=60, batch=64, trees=5, hidden=(8, 4), checkpoint_every=20)


@pytest.fixture
def history(rows: Floats) -> History:
    fraud = np.arange(len(rows)) >= len(rows) - 200
    return History(tuple("abcdefg"), rows, fraud, np.ones(len(rows)), (0.0, 1.0), ("mules",))


def test_the_base_ranks_fraud_above_genuine(artifacts: Artifacts, rows: Floats) -> None:
    scores = artifacts.base.score(rows)
    assert np.mean(scores[-200:] > np.quantile(scores[:-200], 0.95)) > 0.8


def test_an_artifact_comes_back_with_equal_bytes_and_scores(
    artifacts: Artifacts, rows: Floats, tmp_path: Path
) -> None:
    artifacts.save(tmp_path)
    again = Artifacts.load(tmp_path)
    assert again.base.to_bytes() == artifacts.base.to_bytes()
    assert again.require_evidence().content_hash == artifacts.require_evidence().content_hash
    assert again.evidence_aware is not None
    assert again.evidence_aware.aware
    np.testing.assert_array_equal(again.base.score(rows), artifacts.base.score(rows))


def test_equal_seeds_give_equal_bytes_and_other_seeds_others(history: History) -> None:
    one, two = train_base(history, SMALL), train_base(history, SMALL)
    other = train_base(history, dataclasses.replace(SMALL, seed=1))
    assert one.to_bytes() == two.to_bytes() != other.to_bytes()
    assert one.provenance.held_out == ("mules",)


class Interrupted(Exception):
    """Simulates a power cut."""


def test_a_training_that_was_cut_off_goes_on_to_the_same_bytes(history: History, tmp_path: Path) -> None:
    settings = dataclasses.replace(SMALL, steps=240, checkpoint_every=100)

    def power_cut(step: int, steps: int, loss: float) -> None:
        if step == 200:
            raise Interrupted

    with pytest.raises(Interrupted):
        train_base(history, settings, progress=power_cut, checkpoint=tmp_path / "base.pt")
    assert (tmp_path / "base.pt").exists()
    resumed = train_base(history, settings, checkpoint=tmp_path / "base.pt")
    assert resumed.to_bytes() == train_base(history, settings).to_bytes()


def test_histograms_of_the_training_data_do_not_drift_and_shifted_ones_do(
    artifacts: Artifacts, rows: Floats
) -> None:
    genuine = rows[:-200]
    assert artifacts.base.histograms.stability_index(genuine).max() < 1e-6
    assert artifacts.base.histograms.stability_index(genuine + 1)[0] > 0.25


def test_history_without_fraud_is_refused(history: History) -> None:
    none = dataclasses.replace(history, fraud=np.zeros(len(history.X), bool))
    with pytest.raises(NoFraud, match="0 frauds in 4000 rows"):
        train_base(none, SMALL)


def test_foreign_truncated_and_mistaken_bytes_are_refused(artifacts: Artifacts) -> None:
    data = artifacts.base.to_bytes()
    mistaken = artifacts.require_evidence().to_bytes()
    for broken in (b"", b"PK\x03\x04 and so on", data[: len(data) // 2], mistaken):
        with pytest.raises(BrokenArtifact):
            BaseModel.from_bytes(broken)


def test_a_folder_without_artifacts_says_what_makes_them(tmp_path: Path) -> None:
    with pytest.raises(NoArtifacts, match="flagfive train"):
        Artifacts.load(tmp_path)


def test_a_base_without_networks_is_kept_and_says_what_makes_them(
    artifacts: Artifacts, tmp_path: Path
) -> None:
    Artifacts(artifacts.base).save(tmp_path)
    again = Artifacts.load(tmp_path)
    assert (again.evidence, again.evidence_aware) == (None, None)
    with pytest.raises(NoArtifacts, match="no evidence network; `flagfive train` makes one"):
        adapter("evidence", again)
    assert adapter("ridge", again).name == "ridge"


def test_rows_with_other_columns_are_refused(artifacts: Artifacts) -> None:
    with pytest.raises(WrongShape, match="base features"):
        artifacts.base.score(np.zeros((3, 8), np.float32))
