"""One fold of the prequential protocol: it collects the rows to train on and the rows to test on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles, Floats
from replay.drift import ReplayDrift
from replay.fold_files import FoldFiles, bare
from replay.lesson import RESERVE, Lesson
from replay.measures import ScoredWindow
from replay.reading import Part
from replay.sample import Sample
from replay.survey import DAY_S
from replay.truth import FRAUD, UNKNOWN

MOST_GENUINE = 200_000  # training rows of a fold that are not fraud; the others are drawn at random


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
    """Takes the parts of a file in turn, and writes what contenders learn from and score.

    Attributes:
        days: Its days.
        epoch: The file's first midnight, seconds since 1970.
        features: Names of the features.
        live: How many of them run live.
        families: Names of the kinds of fraud that were read so far.
        files: Where lesson and test rows are written.
        seed: Seed of the sample of training rows.
        drift: Drift of the tests, once the training period is over.
        lesson: What contenders learn from, its arrays left out, once the training period is over.
    """

    days: Days
    epoch: float
    features: tuple[str, ...]
    live: int
    families: Sequence[str]
    files: FoldFiles
    seed: int = 0
    drift: ReplayDrift | None = None
    lesson: Lesson | None = None
    _rows: Sample = field(init=False)
    _tested: list[tuple[NDArray[Any], ...]] = field(default_factory=list)  # fraud, card, day, amount
    _stolen: dict[int, int] = field(default_factory=dict)  # card: day of its first fraud since training began

    def __post_init__(self) -> None:
        self._rows = Sample(MOST_GENUINE, self.seed)

    def take(self, part: Part, X: Floats) -> None:
        """Collect the rows of a part that fall into this fold.

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

    @property
    def tested(self) -> bool:
        """Whether there are labelled rows to test on."""
        return bool(self._tested)

    def window(self, score: Doubles, threshold: float) -> ScoredWindow:
        """Return the test window with the scores float64 (n,) of a contender."""
        fraud, card, day, amount = (np.concatenate(column) for column in zip(*self._tested, strict=True))
        return ScoredWindow(score, fraud, card, day, amount, threshold)

    def _remember(self, part: Part, day: NDArray[np.int64]) -> None:
        for row in np.flatnonzero((part.label == FRAUD) & (day >= self.days.train)):
            self._stolen.setdefault(int(part.card[row]), int(day[row]))

    def _known(self, day: int) -> NDArray[np.uint64]:
        """Return the cards whose fraud is known on a day, since its label came by the evening before."""
        delay = self.days.test - self.days.delay_from
        return np.array([c for c, d in self._stolen.items() if d < day - delay], np.uint64)

    def _test(self, part: Part, X: Floats, rows: NDArray[np.intp], day: NDArray[np.int64]) -> None:
        if self.lesson is None:
            self._end_training()
        keep = [
            at[~np.isin(part.card[at], self._known(d))]
            for d in np.unique(day[rows]).tolist()
            for at in [rows[day[rows] == d]]
        ]
        rows = np.concatenate(keep)
        if self.drift is not None:
            self.drift.add(X[rows[part.label[rows] != FRAUD]])
        self.files.add_rows(X[rows])
        amount = part.columns.amount[rows]
        self._tested.append((part.label[rows] == FRAUD, part.card[rows], day[rows], amount))

    def _end_training(self) -> None:
        """Write the lesson, and free its rows."""
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
            seconds[fit], X[reserve], tuple(self.families), self.seed,
        )  # fmt: skip
        self.files.write_lesson(lesson)
        self.lesson = bare(lesson)
        self._rows = Sample(MOST_GENUINE, self.seed)
