"""Baselines of the libraries pyod, deepod and pulearn, with the settings that these ship with.

The libraries are part of the benchmark environment only (`requirements/peers.in`).
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import warnings
from typing import Any

import numpy as np

from benchmarks.baselines.protocol import Baseline, Score
from benchmarks.baselines.simple import labelled
from meta.arrays import Doubles, Floats


def installed(name: str) -> bool:
    """Return whether the library of a baseline is installed, as in the benchmark environment."""
    return all(importlib.util.find_spec(module) is not None for module in _MODULES[name])


def positive_unlabelled(flags: Floats, unlabelled: Floats, *, seed: int) -> Score:
    """Average 100 trees, each on all flags and as many unlabelled rows.

    Source: Mordelet and Vert 2014, «A bagging SVM to learn from positive and unlabeled examples», with the
    trees of pulearn's documentation. Elkan and Noto's classifier needs held-out positives, and five flags are
    too few for it.
    """
    from pulearn import BaggingPuClassifier
    from sklearn.tree import DecisionTreeClassifier

    model = BaggingPuClassifier(
        DecisionTreeClassifier(random_state=seed),
        n_estimators=100,
        max_samples=len(flags),
        n_jobs=1,
        random_state=seed,
    )
    X, y = labelled(flags, unlabelled)
    with _quiet():
        model.fit(X, np.where(y == 1, 1, -1))

    def score(Z: Floats) -> Doubles:
        with _quiet():
            return np.asarray(model.predict_proba(Z))[:, -1]

    return score


def xgbod(flags: Floats, unlabelled: Floats, *, seed: int) -> Score:
    """Fit XGBoost on the rows and on what unsupervised detectors say of them.

    Source: Zhao and Hryniewicki 2018, «XGBOD», arXiv:1912.00290.
    """
    from pyod.models.xgbod import XGBOD

    return _fitted(XGBOD(random_state=seed), flags, unlabelled)


def deep(name: str) -> Baseline:
    """Return a deep detector of deepod by its class name, on the processor.

    Sources: Pang et al. 2019 (DevNet, arXiv:1911.08623), Ruff et al. 2020 (DeepSAD, arXiv:1906.02694), Pang
    et al. 2023 (PReNet, arXiv:1910.13601).
    """

    def fit(flags: Floats, unlabelled: Floats, *, seed: int) -> Score:
        import deepod.models

        model = getattr(deepod.models, name)(device="cpu", random_state=seed, verbose=0)
        return _fitted(model, flags, unlabelled)

    return fit


LIBRARIES: dict[str, Baseline] = {
    "pu bagging": positive_unlabelled,
    "devnet": deep("DevNet"),
    "xgbod": xgbod,
    "deepsad": deep("DeepSAD"),
    "prenet": deep("PReNet"),
}
"""Baselines by their name in the tables, the quickest first."""

_MODULES = {
    "pu bagging": ("pulearn",),
    "devnet": ("deepod",),
    "xgbod": ("pyod", "xgboost"),
    "deepsad": ("deepod",),
    "prenet": ("deepod",),
}


def _fitted(model: Any, flags: Floats, unlabelled: Floats) -> Score:
    X, y = labelled(flags, unlabelled)
    with _quiet():
        model.fit(X, y)

    def score(Z: Floats) -> Doubles:
        with _quiet():
            return np.asarray(model.decision_function(Z), np.float64).ravel()

    return score


@contextlib.contextmanager
def _quiet() -> Any:
    """Drop what the libraries print and warn of; errors still come through."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
