"""One held-out family: artifacts trained without it, and the rows for all measurements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import lightgbm as lgb
import numpy as np

from benchmarks.fewshot.datasets import DAY, Dataset
from features.formulas import WINDOW_FORMULAS
from meta.artifacts import Artifacts
from meta.base_training import BaseSettings
from meta.columns import FeatureColumns
from meta.episode import BACKGROUND_ROWS
from meta.injection import Injector
from meta.learner_training import LearnerSettings, train_learners
from meta.meta_training import MetaSettings
from meta.reservoir import Reservoir
from meta.sampler import Labelled, Sampler
from meta.scored_traffic import spread_order
from meta.training import NamedHistory, TrainingSettings, train_artifacts

FOLDER = Path("var/bench/fewshot")
"""Trained artifacts are kept here, in a folder per battery."""
RESERVOIR, GENUINE, KNOWN, TREES_GENUINE = 50_000, 60_000, 3_000, 80_000
SETTINGS = TrainingSettings(
    BaseSettings(steps=3000, follow=0.9), MetaSettings(steps=1500), genuine_rows=120_000
)
LEARNERS = LearnerSettings(steps=120)


@dataclass(frozen=True)
class Episode:
    """K flags in order of time, each the first fraud of its card, and the later frauds on other cards."""

    flags: np.ndarray
    later: np.ndarray


class Setting:
    """Data set, held-out family (its number), and a folder where trained artifacts are kept between runs."""

    def __init__(self, dataset: Dataset, held: int, folder: Path) -> None:
        self.data, self.held = dataset, held
        self.folder = folder / f"{dataset.name}-{held}"
        self._rng = np.random.default_rng(held)
        family, trained = dataset.rows.family, dataset.trained(held)
        # In the order of live calibration: a part from the front is spread over time.
        reservoir = self._some(dataset.calibrate, RESERVOIR)
        self.reservoir_rows = reservoir[spread_order(len(reservoir))]
        self.genuine_rows = self._some(dataset.evaluate, GENUINE)
        fraud = dataset.evaluate[np.isin(family[dataset.evaluate], trained)]
        self.known_rows = np.sort(self._rng.choice(fraud, min(KNOWN, len(fraud)), replace=False))
        self.matured_rows = dataset.matured[np.isin(family[dataset.matured], trained)]

    def rows(self, at: np.ndarray) -> np.ndarray:
        """Return raw features of rows."""
        found: np.ndarray = self.data.rows.X[at]
        return found

    @cached_property
    def artifacts(self) -> Artifacts:
        """Return artifacts trained without the family: those that ship, or those of the folder."""
        if self.held in self.data.never_trained:
            return Artifacts.load()
        if (self.folder / "evidence.safetensors").exists():
            kept = Artifacts.load(self.folder)
            if kept.base.features == self.data.features:
                return kept
        train_artifacts(self._history(), SETTINGS, derive=self.data.derive).save(self.folder)
        return Artifacts.load(self.folder)

    def train_learners(self) -> None:
        """Train the gradient and metric learners as well, and save them in the folder."""
        a = self.artifacts
        injector = Injector(FeatureColumns(self.data.features), WINDOW_FORMULAS, self.data.derive)
        sampler = Sampler(self._history_rows(), a.base.normaliser, injector, (self.held,), seed=3)
        learners = train_learners(sampler, self.data.features, LEARNERS)
        Artifacts(a.base, a.evidence, a.evidence_aware, learners).save(self.folder)

    @cached_property
    def reservoir(self) -> Reservoir:
        """Return the genuine rows of the calibration window, scored by the base."""
        return Reservoir(self.rows(self.reservoir_rows), self.artifacts.base)

    @property
    def per_day(self) -> float:
        """Return the transactions a day of the calibration window."""
        window = self.data.windows["calibrate"]
        return len(self.data.calibrate) / (window.last - window.first)

    @property
    def background(self) -> np.ndarray:
        """Return the rows that an adapter reads live, raw features."""
        background: np.ndarray = self.reservoir.X[:BACKGROUND_ROWS]
        return background

    @cached_property
    def oracle(self) -> lgb.LGBMClassifier:
        """Return boosted trees trained on all labels of the training window, also the held-out family's."""
        return self._trees(lambda family: family > 0, 200)

    @cached_property
    def past_frauds(self) -> np.ndarray:
        """Return raw features of the training window's frauds of the families that training sees."""
        family = self.data.rows.family[self.data.train]
        return self.rows(self.data.train[np.isin(family, self.data.trained(self.held))])

    @cached_property
    def past_genuine(self) -> np.ndarray:
        """Return raw features of genuine rows of the training window."""
        return self.rows(self._some(self.data.train, TREES_GENUINE))

    def episode(self, k: int, seed: int) -> Episode:
        """Return K flags and the frauds after them, from a start time drawn with the seed.

        The flags are the first K frauds, each on a card of its own. The frauds after them are on other cards.
        """
        d = self.data
        rows = d.evaluate[d.rows.family[d.evaluate] == self.held]
        start = (d.windows["evaluate"].first + d.starts * np.random.default_rng((seed, 17)).random()) * DAY
        rows = rows[d.rows.seconds[rows] >= start]
        _, first = np.unique(d.rows.card[rows], return_index=True)
        flags = rows[np.sort(first)[:k]]
        later = rows[d.rows.seconds[rows] > d.rows.seconds[flags[-1]]]
        return Episode(flags, later[~np.isin(d.rows.card[later], d.rows.card[flags])])

    def _some(self, rows: np.ndarray, count: int) -> np.ndarray:
        genuine = rows[self.data.rows.family[rows] == 0]
        return np.sort(self._rng.choice(genuine, min(count, len(genuine)), replace=False))

    def _history_rows(self) -> Labelled:
        r, at = self.data.rows, self.data.train
        return Labelled(r.X[at], r.family[at], r.card[at], r.seconds[at])

    def _history(self) -> NamedHistory:
        names = self.data.families
        held_out = (names[self.held - 1],)
        return NamedHistory(
            self.data.features, self._history_rows(), names, held_out, formulas=WINDOW_FORMULAS
        )

    def _trees(self, fraud: Callable[[np.ndarray], np.ndarray], trees: int) -> lgb.LGBMClassifier:
        family = self.data.rows.family
        positive = self.data.train[fraud(family[self.data.train])]
        genuine = self.past_genuine
        weight = np.sum(family[self.data.train] == 0) / len(genuine)
        model = lgb.LGBMClassifier(
            n_estimators=trees, num_leaves=31, learning_rate=0.05, min_child_samples=20, reg_lambda=1.0,
            subsample=0.8, subsample_freq=1, colsample_bytree=0.8, random_state=0, n_jobs=1, verbose=-1,
        )  # fmt: skip
        X = np.concatenate([self.rows(positive), genuine])
        y = np.r_[np.ones(len(positive)), np.zeros(len(genuine))]
        return model.fit(X, y, sample_weight=np.where(y == 1, 1.0, weight))
