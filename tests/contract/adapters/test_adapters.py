"""Every adapter in the registry must pass the whole contract, without being listed here."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import meta.adapters
from control.checking import check_detector
from control.errors import MalformedEntry
from control.loading import LoadedBase, LoadedDetector
from features.formulas import WINDOW_FORMULAS
from meta.adapters.registry import (
    NAMES,
    UndeclaredAdapter,
    UnknownAdapter,
    adapter,
    adapter_of,
    discover,
)
from meta.adapters.simple import SimpleAdapter
from meta.artifacts import Artifacts, NoArtifacts
from meta.base_training import BaseSettings
from meta.calibration import Tails
from meta.columns import FeatureColumns
from meta.injection import Injector
from meta.learner_training import LearnerSettings, train_learners
from meta.meta_training import MetaSettings
from meta.sampler import Labelled, Sampler
from meta.support import Support, with_surprise
from meta.training import NamedHistory, TrainingSettings, train_artifacts
from tests.contract.adapters.checks import CHECKS, Case, Check, spoiled

VARIED = (
    "log_amount", "card_log_count_1d", "card_log_mean_1d", "card_deviation_1d", "card_ratio_1d", "other",
)  # fmt: skip
# Recipes of injected patterns also need these. They are constant, so they add no noise to five flags.
CONSTANT = ("whole_amount", "card_log_seconds_since_last", "card_log_partners_1d", "card_partner_novelty")
FEATURES = VARIED + CONSTANT


def history(seed: int = 0, n: int = 6000) -> NamedHistory:
    """Return synthetic traffic with two families: high amounts, and many transactions a day."""
    rng = np.random.default_rng(seed)
    X = np.zeros((n, len(FEATURES)), np.float32)
    X[:, : len(VARIED)] = rng.standard_normal((n, len(VARIED)))
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


@pytest.mark.parametrize("name", NAMES)
def test_a_detector_that_an_adapter_refuses_is_a_malformed_entry(
    name: str, artifacts: Artifacts, case: Case
) -> None:
    made = adapter(name, artifacts)
    shape = shaped(case, artifacts, aware=made.needs_surprise)
    whole = made.adapt(shape.support, shape.background, seed=1)
    tails = Tails.fit(artifacts.base.score(case.background))
    base = LoadedBase("base", "", artifacts.base, tails, artifacts.past)
    check_detector(LoadedDetector("mine", "mine", whole, tails, 0.0), made, base)
    for wrong, tensors in spoiled(whole.tensors):
        loaded = LoadedDetector("mine", "mine", replace(whole, tensors=tensors), tails, 0.0)
        with pytest.raises(MalformedEntry, match=f"detector mine: .*{wrong}"):
            check_detector(loaded, made, base)


def test_every_adapter_file_declares_its_adapter() -> None:
    """The contract cannot run for an adapter whose file leaves it out of `ADAPTERS`."""
    for module in pkgutil.iter_modules(meta.adapters.__path__):
        found = importlib.import_module(f"meta.adapters.{module.name}")
        own = [v for v in vars(found).values() if inspect.isclass(v) and v.__module__ == found.__name__]
        if any(issubclass(one, SimpleAdapter) and not inspect.isabstract(one) for one in own):
            assert found.ADAPTERS or module.name == "gradient", (
                module.name
            )  # five files share the class of `gradient`


NEW = """
from dataclasses import dataclass
from meta.adapters.declaration import Declaration
from meta.adapters.ridge import Ridge

@dataclass(frozen=True)
class Stiff(Ridge):
    penalty: float = 1.0
    name: str = "stiff"

ADAPTERS = (Declaration("stiff", lambda artifacts: Stiff(artifacts.base.normaliser)),)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder whose modules are part of `meta.adapters`."""
    monkeypatch.setattr(meta.adapters, "__path__", [*meta.adapters.__path__, str(tmp_path)])
    yield tmp_path
    for name in list(sys.modules):
        if name.startswith("meta.adapters.") and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


def test_a_new_file_is_found_and_passes_the_contract(folder: Path, artifacts: Artifacts, case: Case) -> None:
    (folder / "stiff.py").write_text(NEW)
    found = discover()
    assert set(found) == {*NAMES, "stiff"}
    for check in CHECKS:
        check(found["stiff"].make(artifacts), case)


def test_a_file_without_a_declaration_is_named(folder: Path) -> None:
    (folder / "forgetful.py").write_text("x = 1\n")
    with pytest.raises(UndeclaredAdapter, match=r"meta\.adapters\.forgetful has no ADAPTERS"):
        discover()


def test_two_adapters_of_one_name_are_refused(folder: Path) -> None:
    (folder / "stiff.py").write_text(NEW.replace('"stiff"', '"ridge"'))
    with pytest.raises(UndeclaredAdapter, match="adapter 'ridge' is declared twice"):
        discover()


def test_finding_adapters_loads_no_learning_library() -> None:
    """A scorer starts without torch, scikit-learn and LightGBM, which cost seconds and 200 MB."""
    code = "import sys, meta.adapters.registry; print({'torch', 'sklearn', 'lightgbm'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_unknown_name_lists_the_known_ones(artifacts: Artifacts) -> None:
    with pytest.raises(UnknownAdapter, match="evidence, evidence-aware, finetune"):
        adapter("horoscope", artifacts)


def test_a_detector_of_another_network_finds_no_adapter(artifacts: Artifacts, case: Case) -> None:
    detector = adapter("finetune", artifacts).adapt(case.support, case.background, seed=1)
    assert adapter_of(detector, artifacts).name == "finetune"
    with pytest.raises(NoArtifacts, match="made with artifact '0000"):
        adapter_of(replace(detector, network="0" * 64), artifacts)
