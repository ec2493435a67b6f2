"""Prequential replay: train, wait for labels, test, and repeat later in the file, in one pass.

Source: Le Borgne et al. 2022, «Reproducible machine learning for credit card fraud detection», ch. 5.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from replay.contenders import CONTENDERS
from replay.drift import moved
from replay.featured import Featured
from replay.fold import BUDGET, Days, Fold
from replay.lesson import Lesson, Score
from replay.measures import measure
from replay.progress import Progress, ignore_progress
from replay.reading import RowReader
from replay.result import ReplayResult
from replay.survey import DAY_S, Survey, UnfitFile, survey


@dataclass(frozen=True)
class Plan:
    """Days and contenders of a replay.

    Attributes:
        train_days: Days of training.
        delay_days: Days until labels are known.
        test_days: Days of each test.
        folds: Number of tests, one test length apart.
        start: First day of the first training period, from the file's first midnight; where not given, the
            last folds that fit are taken.
        contenders: Names of what is compared.
        adapters: Names of adapters; each makes detectors of the newest frauds of each kind in a training
            period.
        flags: Number of those frauds.
        steps: Steps of meta-training.
        seed: Equal seeds give equal figures.
    """

    train_days: int = 7
    delay_days: int = 7
    test_days: int = 7
    folds: int = 4
    start: int | None = None
    contenders: tuple[str, ...] = tuple(CONTENDERS)
    adapters: tuple[str, ...] = ()
    flags: int = 5
    steps: int = 1_500
    seed: int = 0

    def learners(self) -> dict[str, Callable[[Lesson], Score]]:
        """Return the contenders by name; the base with episodes of each adapter comes last."""
        learners = {name: CONTENDERS[name] for name in self.contenders}
        if self.adapters:
            from replay.with_episodes import with_episodes  # imports torch

            for name in self.adapters:
                learners[f"base+{name}"] = with_episodes(name, self.adapters, self.flags, self.steps)
        return learners

    def folds_in(self, found: Survey) -> list[Days]:
        """Return the days of each fold.

        Raises:
            UnfitFile: the file is too short.
        """
        epoch = np.floor(found.first / DAY_S)
        length = int(np.floor(found.last / DAY_S) - epoch) + 1
        once = self.train_days + self.delay_days
        needed = once + self.folds * self.test_days
        start = length - needed if self.start is None else self.start
        if start < 0 or start + needed > length:
            raise UnfitFile(
                f"{needed} days are needed from day {max(start, 0)} on ({self.train_days} training, "
                f"{self.delay_days} delay, {self.folds} times {self.test_days} test), the file has {length}"
            )
        firsts = [start + k * self.test_days for k in range(self.folds)]
        return [Days(f, f + self.train_days, f + once, f + once + self.test_days) for f in firsts]


def prequential(reader: RowReader, plan: Plan, report_progress: Progress = ignore_progress) -> ReplayResult:
    """Replay a file.

    Args:
        reader: Reads the file.
        plan: Days and contenders.
        report_progress: Takes the progress.

    Raises:
        BadRow: a value of the file cannot be read.
        UnfitFile: the file is too short, or lacks labels.
        NothingToLearn: a training period holds too few rows.
        Unmeasurable: a test lacks fraud or genuine rows.
    """
    report_progress("checking", 0, reader.table.rows() or 0)
    found = survey(reader)
    days = plan.folds_in(found)
    begun = time.perf_counter()
    folds = _run(reader, plan, found, days, report_progress)
    whole = time.perf_counter() - begun
    training = sum(fold.train_seconds for fold in folds)
    report_progress("measuring", found.rows, found.rows)
    tested = [fold.windows() for fold in folds]
    if not all(tested):
        raise UnfitFile(f"fold {[bool(t) for t in tested].index(False) + 1}: no labelled rows to test on")
    windows = {name: [t[name] for t in tested] for name in tested[0]}
    figures = {name: measure(parts, seed=plan.seed) for name, parts in windows.items()}
    drifts = [fold.drift for fold in folds if fold.drift is not None]
    details = {
        "folds": [asdict(d) for d in days],
        "budget": BUDGET,
        "drift": moved(folds[0].features, drifts),
    }
    return ReplayResult(figures, windows, found, whole - training, training, details)


def _run(
    reader: RowReader, plan: Plan, found: Survey, days: list[Days], report_progress: Progress
) -> list[Fold]:
    featured = Featured(reader, plan.delay_days * DAY_S)
    epoch = float(np.floor(found.first / DAY_S) * DAY_S)
    folds = [
        Fold(
            d,
            epoch,
            featured.names,
            featured.live,
            plan.learners(),
            reader.families,
            plan.seed,
            report_progress,
        )
        for d in days
    ]
    for part in reader.parts():
        X = featured.features(part)
        cards = part if reader.has_cards else part.each_its_own_card()
        for fold in folds:
            fold.take(cards, X)
        report_progress("replaying", part.first + len(part) - 1, found.rows)
    return folds
