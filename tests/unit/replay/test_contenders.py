"""Contenders that do not learn from a table: they learn row by row, or from flags."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from replay.forest import Forest
from replay.live import LiveSettings, live
from replay.prequential import Plan, prequential
from replay.result import ReplayResult
from tests.unit.replay.files import payments, reader

NAMES = ("a", "b")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> ReplayResult:
    plan = Plan(3, 1, 2, 1, contenders=("forest",), adapters=("finetune", "logistic"), steps=30)
    return prequential(reader(tmp_path_factory.mktemp("files"), payments(4_000), "parquet"), plan)


def test_forest_and_episodes_stand_beside_each_other(outcome: ReplayResult) -> None:
    assert list(outcome.contenders) == ["forest", "base+finetune", "base+logistic"]
    for figures in outcome.contenders.values():
        assert figures["auc_roc"].value > 0.9


def test_the_forest_learns_what_it_is_shown_in_any_portions() -> None:
    rng = np.random.default_rng(0)
    X, fraud = rng.standard_normal((1_500, 2)).astype(np.float32), np.arange(1_500) % 5 == 0
    X[fraud] += 3
    model = Forest(NAMES, seed=0)
    before = model.score(X[:50])
    for part in (slice(0, 700), slice(700, 1_500)):
        model.learn(X[part], fraud[part])
    after = model.score(X)
    assert not before.any()  # an untrained forest scores 0
    assert after[fraud].mean() > 0.8 > 0.2 > after[~fraud].mean()


def test_the_forest_works_a_live_desk(tmp_path: Path) -> None:
    plan, settings = Plan(4, 1, 1, 2), LiveSettings(delay_hours=24, contenders=("forest",))
    found = live(reader(tmp_path, payments(), "parquet"), plan, settings)
    assert found.contenders["forest"]["auc_roc"].value > 0.9
    [window] = found.windows["forest"]
    assert len(np.unique(window.day)) == 2  # the length of both folds
