"""Every adapter in the registry is held to the whole contract, by existing."""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np
import pytest

import meta.adapters
from features.formulas import WINDOW_FORMULAS
from meta.adapters.registry import NAMES, UnknownAdapter, adapter
from meta.artifacts import Artifacts
from meta.base_training import BaseSettings
from meta.calibration import Tails
from meta.columns import FeatureColumns
from meta.injection import Injector
from meta.learner_training import LearnerSettings, train_learners
from meta.meta_training import MetaSettings
from meta.sampler import Labelled, Sampler
from meta.support import Support, with_surprise
from meta.training import NamedHistory, TrainingSettings, train_artifacts
from tests.contract.adapters.checks import CHECKS, Case, Check

FEATURES = (
    "log_amount", "card_log_count_1d", "card_log_mean_1d", "card_deviation_1d", "card_ratio_1d", "other",
    "whole_amount", "card_log_seconds_since_last", "card_log_partners_1d", "card_partner_novelty",
)  # fmt: skip
# Modules of the folder that are no adapters themselves.
_SHARED = {"protocol", "registry", "gradient", "learned"}


def history(seed: int = 0, n: int = 6000) -> NamedHistory:
    """Made-up traffic: two families, one of high amounts, one of many transactions a day."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, len(FEATURES))).astype(np.float32)
    X[:, 0] = X[:, 0] * 0.8 + 3.5
    X[:, 1:3] = np.abs(X[:, 1:3])
    family = rng.choice([0, 1, 2], n, p=[0.9, 0.05, 0.05]).astype(np.int64)
    X[family == 1, 0] += 2
    X[family == 2, 1] += 2.5
    cards = rng.integers(0, 400, n).astype(np.int64)
    rows = Labelled(X, family, cards, 60.0 * np.arange(n, dtype=np.float64))
    return NamedHistory(FEATURES, rows, ("high", "many"), formulas=WINDOW_FORMULAS)


@pytest.fixture(scope="module")
def artifacts() -> Artifacts:
    settings = TrainingSettings(
        BaseSettings(steps=200, batch=256, trees=20, hidden=(16, 8)),
        MetaSettings(steps=60, tasks=4, learned=6, trunk=16, width=16, layers=1),
    )
    trained = train_artifacts(history(), settings)
    sampler = Sampler(
        history().rows, trained.base.normaliser, Injector(FeatureColumns(FEATURES), WINDOW_FORMULAS), seed=1
    )
    learners = train_learners(
        sampler, FEATURES, LearnerSettings(steps=120, tasks=8, hidden=(16, 8), inner_rate=0.2, rate=5e-3)
    )
    return Artifacts(trained.base, trained.evidence, trained.evidence_aware, learners)


@pytest.fixture(scope="module")
def case(artifacts: Artifacts) -> Case:
    fresh = history(seed=1).rows
    genuine, pattern = fresh.X[fresh.family == 0], fresh.X[fresh.family == 1]
    rows = np.concatenate([genuine[600:900], pattern[5:60]])
    return Case(Support(pattern[:5], genuine[598:600]), genuine[:598], rows, 300)


def shaped(case: Case, artifacts: Artifacts, *, aware: bool) -> Case:
    if not aware:
        return case
    tails = Tails.fit(artifacts.base.score(case.background))

    def grown(X: np.ndarray) -> np.ndarray:
        return with_surprise(X, tails.surprise(artifacts.base.score(X)))

    support = Support(grown(case.support.fraud), grown(case.support.genuine))
    return Case(support, grown(case.background), grown(case.rows), case.genuine)


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_adapter_honours_contract(name: str, check: Check, artifacts: Artifacts, case: Case) -> None:
    made = adapter(name, artifacts)
    check(made, shaped(case, artifacts, aware=made.needs_surprise))


def test_every_adapter_file_is_in_the_registry() -> None:
    files = {m.name for m in pkgutil.iter_modules(meta.adapters.__path__)} - _SHARED
    for name in files:
        importlib.import_module(f"meta.adapters.{name}")
    assert files == set(NAMES) - {"evidence-aware"}


def test_an_unknown_name_lists_the_known_ones(artifacts: Artifacts) -> None:
    with pytest.raises(UnknownAdapter, match="evidence, evidence-aware, ridge"):
        adapter("horoscope", artifacts)
