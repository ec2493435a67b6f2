"""One fold of the prequential protocol: train, wait for labels, test."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Floats
from replay.drift import ReplayDrift
from replay.lesson import RESERVE, Lesson, Score
from replay.measures import ScoredWindow
from replay.progress import Progress, ignore_progress
from replay.reading import Part
from replay.sample import Sample
from replay.survey import DAY_S
from replay.truth import FRAUD, UNKNOWN

MOST_GENUINE = 200_000  # training rows of a fold that are not fraud; the others are drawn at random
BUDGET = 0.001


class NothingToLearn(ValueError):
    """A training period holds too few frauds, or too few genuine rows to set a threshold on."""


@dataclass(frozen=True)
class Days:
    """First days of training, delay and test, and the end of the test, from the file's first midnight."""

    train: int
    delay_from: int
    test: int
    end: int


@dataclass
class Fold:
    """Takes the parts of a file in turn: it trains, waits for labels, and tests."""

    days: Days
    epoch: float
    features: tuple[str, ...]
    live: int
    contenders: Mapping[str, Callable[[Lesson], Score]]
    families: Sequence[str]
    seed: int = 0
    report_progress: Progress = ignore_progress
    drift: ReplayDrift | None = None  # from when the fold has learned
    train_seconds: float = 0.0
    score_seconds: float = 0.0
    tested: dict[str, list[ScoredWindow]] = field(default_factory=dict)
    _rows: Sample = field(init=False)
    _models: dict[str, tuple[Score, float]] = field(default_factory=dict)
    _stolen: dict[int, int] = field(default_factory=dict)  # card: day of its first fraud since training began

    def __post_init__(self) -> None:
        self._rows = Sample(MOST_GENUINE, self.seed)

    def take(self, part: Part, X: Floats) -> None:
        """Learn from or score the rows of a part that fall into this fold.

        Raises:
            NothingToLearn: the training period holds too few rows.
        """
        day = ((part.columns.time - self.epoch) // DAY_S).astype(np.int64)
        if day[-1] < self.days.train or day[0] >= self.days.end:
            return
        self._remember(part, day)
        train = (day >= self.days.train) & (day < self.days.delay_from) & (part.label != UNKNOWN)
        if train.any():
            fraud = part.label[train] == FRAUD
            rows = (X[train], fraud, part.card[train], part.columns.time[train], part.family[train])
            self._rows.add(fraud, *rows)
        test = (day >= self.days.test) & (day < self.days.end) & (part.label != UNKNOWN)
        if test.any():
            self._test(part, X, np.flatnonzero(test), day)

    def windows(self) -> dict[str, ScoredWindow]:
        """Return the test window under each contender."""
        return {name: _joined(parts) for name, parts in self.tested.items()}

    def _remember(self, part: Part, day: NDArray[np.int64]) -> None:
        for row in np.flatnonzero((part.label == FRAUD) & (day >= self.days.train)):
            self._stolen.setdefault(int(part.card[row]), int(day[row]))

    def _known(self, day: int) -> NDArray[np.uint64]:
        """Return the cards whose fraud is known on a day, since its label came by the evening before."""
        delay = self.days.test - self.days.delay_from
        return np.array([c for c, d in self._stolen.items() if d < day - delay], np.uint64)

    def _test(self, part: Part, X: Floats, rows: NDArray[np.intp], day: NDArray[np.int64]) -> None:
        if not self._models:
            self._learn()
        keep = [
            at[~np.isin(part.card[at], self._known(d))]
            for d in np.unique(day[rows]).tolist()
            for at in [rows[day[rows] == d]]
        ]
        rows = np.concatenate(keep)
        if self.drift is not None:
            self.drift.add(X[rows[part.label[rows] != FRAUD]])
        begun = time.perf_counter()
        for name, (score, threshold) in self._models.items():
            c = part.columns
            shown = (part.label[rows] == FRAUD, part.card[rows], day[rows], c.amount[rows])
            self.tested.setdefault(name, []).append(ScoredWindow(score(X[rows]), *shown, threshold))
        self.score_seconds += time.perf_counter() - begun

    def _learn(self) -> None:
        begun = time.perf_counter()
        where = f"days {self.days.train} to {self.days.delay_from}"
        columns = self._rows.columns()
        if not columns:
            raise NothingToLearn(f"{where}: no labelled rows to train on")
        X, fraud, card, seconds, family = columns
        self.drift = ReplayDrift(X[~fraud])
        reserve = ~fraud & (card % RESERVE == 0)
        fit = ~reserve
        if fraud.sum() < 10 or reserve.sum() < 100:
            raise NothingToLearn(f"{where}: {fraud.sum()} frauds and {reserve.sum()} genuine rows to set "
                                 "thresholds on, allowed 10 and 100 or more")  # fmt: skip
        period = (float(seconds[0]), float(seconds[-1]))
        lesson = Lesson(
            self.features, self.live, X[fit], fraud[fit], np.ones(fit.sum()), period, family[fit], card[fit],
            seconds[fit], X[reserve], tuple(self.families), self.seed, self.report_progress,
        )  # fmt: skip
        for name, learn in self.contenders.items():
            score = learn(lesson)
            self._models[name] = (score, float(np.quantile(score(X[reserve]), 1 - BUDGET)))
        self._rows = Sample(MOST_GENUINE, self.seed)
        self.train_seconds += time.perf_counter() - begun


def _joined(parts: list[ScoredWindow]) -> ScoredWindow:
    score, fraud, card, day, amount = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("score", "fraud", "card", "day", "amount")
    )
    return ScoredWindow(score, fraud, card, day, amount, parts[0].threshold)
