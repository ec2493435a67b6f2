"""Tasks are drawn as documented, and the audit detects deviations."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from features.formulas import WINDOW_FORMULAS
from meta.columns import FeatureColumns
from meta.crossfit import CrossFit
from meta.diversity import audit, plot
from meta.families import cluster_families
from meta.injection import Injector
from meta.meta_training import MetaSettings, meta_train
from meta.normaliser import Normaliser
from meta.sampler import COUNTS, Labelled, Sampler, Task

NAMES = (
    "log_amount", "card_log_count_1d", "card_deviation_1d", "card_ratio_1d", "other",
    "whole_amount", "card_log_seconds_since_last", "card_log_partners_1d", "card_partner_novelty",
)  # fmt: skip
WIDTH = len(NAMES)


@pytest.fixture(scope="module")
def history() -> Labelled:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((9000, WIDTH)).astype(np.float32)
    X[:, 0] = 3 + X[:, 0]
    X[:, 1] = np.abs(X[:, 1])
    family = rng.choice([0, 1, 2, 3], 9000, p=[0.85, 0.05, 0.05, 0.05]).astype(np.int64)
    for f in (1, 2, 3):
        X[family == f, f + 1] += 3
    return Labelled(
        X, family, rng.integers(0, 300, 9000).astype(np.int64), 30.0 * np.arange(9000, dtype=np.float64)
    )


def sampler(history: Labelled, **changes: object) -> Sampler:
    normaliser = Normaliser.fit(history.X[history.family == 0])
    return Sampler(history, normaliser, Injector(FeatureColumns(NAMES), WINDOW_FORMULAS), **changes)  # type: ignore[arg-type]


def test_equal_seeds_draw_equal_tasks(history: Labelled) -> None:
    one, two = sampler(history, seed=4), sampler(history, seed=4)
    for k in COUNTS:
        for part in ("support", "fraud", "genuine", "background"):
            np.testing.assert_array_equal(getattr(one.draw(k), part), getattr(two.draw(k), part))
            one, two = sampler(history, seed=4), sampler(history, seed=4)


def test_a_task_has_the_shapes_it_promises(history: Labelled) -> None:
    task = sampler(history, queries=7, genuine=50, background=9).draw(3)
    assert task.support.shape == (3, WIDTH)
    assert task.fraud.shape == (7, WIDTH)
    assert task.genuine.shape == (50, WIDTH)
    assert task.background.shape == (9, WIDTH)


def test_a_held_out_family_is_never_drawn(history: Labelled) -> None:
    drawn = sampler(history, held_out=(2,), from_history=1.0)
    assert {drawn.draw(3).family for _ in range(60)} == {1, 3}


def test_support_and_query_of_a_historical_task_share_no_card(history: Labelled) -> None:
    cards = np.arange(len(history.X), dtype=np.int64) % 40
    X = history.X.copy()
    X[:, 4] = cards
    few = dataclasses.replace(history, card=cards, X=X)
    identity = Normaliser.fit(few.X[few.family == 0])
    injector = Injector(FeatureColumns(NAMES), WINDOW_FORMULAS)
    drawn = Sampler(few, identity, injector, from_history=1.0, seed=1)
    for _ in range(20):
        task = drawn.historical(1, 3)
        assert not np.isin(task.fraud[:, 4], task.support[:, 4]).any()


def test_with_a_cross_fit_every_row_has_the_base_token_and_known_frauds_join(history: Labelled) -> None:
    plain = sampler(history)
    crossfit = CrossFit.fit(plain.normaliser(history.X), history.family, trees=20)
    task = dataclasses.replace(plain, crossfit=crossfit, from_history=1.0).draw(4)
    assert task.support.shape == (4, WIDTH + 1)
    assert task.known is not None
    assert task.known.shape == (24, WIDTH + 1)
    # the base knows the other families and has never seen this family
    assert np.median(task.known[:, WIDTH]) > np.median(task.fraud[:, WIDTH]) + 1


def test_clusters_of_unlabelled_fraud_find_the_kinds_that_there_are(history: Labelled) -> None:
    fraud = history.family > 0
    found = cluster_families(history.X[fraud], 3, seed=1)
    table = np.array(
        [[np.sum((found == c) & (history.family[fraud] == f)) for f in (1, 2, 3)] for c in (1, 2, 3)]
    )
    assert table.max(1).sum() / table.sum() > 0.8


def moved_tasks(count: int, by: float, seed: int) -> list[Task]:
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        fraud = (rng.standard_normal((12, 5)) + by + rng.standard_normal(5)).astype(np.float32)
        genuine = rng.standard_normal((40, 5)).astype(np.float32)
        made.append(Task(fraud[:4], fraud[4:], genuine, genuine))
    return made


def test_the_audit_tells_near_tasks_from_far_ones(tmp_path: Path) -> None:
    training = moved_tasks(80, 0.0, 1)
    near, far = audit(training, moved_tasks(20, 0.0, 2)), audit(training, moved_tasks(20, 4.0, 3))
    assert near.covered > 0.7
    assert far.covered < 0.1
    assert "validation tasks 20" in far.lines()[1]
    pytest.importorskip("matplotlib", reason="the plot needs matplotlib")
    plot(far, tmp_path / "audit.png")
    assert (tmp_path / "audit.png").stat().st_size > 1000


@pytest.mark.parametrize("steps", [4, 10])
def test_meta_training_may_be_short(history: Labelled, steps: int) -> None:
    told: list[int] = []
    small = MetaSettings(steps=steps, tasks=2, learned=3, trunk=8, width=8, layers=1)
    drawn = sampler(history)
    meta_train(drawn, drawn.normaliser.tokens, small, progress=lambda step, of, loss: told.append(of))
    assert told == [steps]


def test_meta_training_without_room_for_a_learning_rate_is_told(history: Labelled) -> None:
    with pytest.raises(ValueError, match=r"MetaSettings.steps = 3, allowed 4 or more"):
        meta_train(sampler(history), 8, MetaSettings(steps=3))
