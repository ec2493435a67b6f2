"""An online learner: River's adaptive random forest, one transaction at a time.

A row takes about a millisecond to learn. So all frauds are learned, and ten genuine rows for each fraud.
Source: Gomes et al. 2017, «Adaptive random forests for evolving data stream classification».
"""

from __future__ import annotations

import numpy as np
from river import forest

from meta.arrays import Doubles, Floats
from meta.calibration import Tails
from replay.desk import News
from replay.lesson import RESERVE, Lesson, Score
from replay.shift_contender import DeskHistory
from replay.traffic import TrafficRows

GENUINE_PER_FRAUD = 10


class Forest:
    """Ten trees over named features."""

    def __init__(self, names: tuple[str, ...], seed: int) -> None:
        self._names = names
        self._model = forest.ARFClassifier(n_models=10, seed=seed)
        self._rng = np.random.default_rng(seed)

    def learn(self, X: Floats, fraud: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
        """Learn rows (n, d) in their order: all frauds, and `GENUINE_PER_FRAUD` genuine rows for each."""
        share = GENUINE_PER_FRAUD * fraud.sum() / max(int(np.sum(~fraud)), 1)
        for row in np.flatnonzero(fraud | (self._rng.random(len(X)) < share)):
            self._model.learn_one(self._named(X[row]), bool(fraud[row]))

    def score(self, X: Floats) -> Doubles:
        """Return the probability of fraud, float64 (n,)."""
        each = (self._model.predict_proba_one(self._named(row)) for row in X)
        return np.array([shares.get(True, 0.0) for shares in each], np.float64)

    def _named(self, row: Floats) -> dict[str, float]:
        return dict(zip(self._names, row.tolist(), strict=True))


def learned(lesson: Lesson) -> Score:
    """Return the score of a forest after one training period, with risk columns."""
    model = Forest(lesson.features, lesson.seed)
    model.learn(lesson.X, lesson.fraud)
    return model.score


class OnlineForest:
    """The forest as a contender of a live replay: it learns each label as it comes.

    One genuine card in four is not learned. The tails of the scores are fitted to the latest of these rows.
    """

    steered: Doubles | float = 0.0

    def __init__(self, history: DeskHistory) -> None:
        self._history = history
        self._model = Forest(history.names, history.seed)
        self._reserve: list[Floats] = []
        self._seen = np.empty(0, np.int64)
        self._take(history.rows)

    def margin(self, shift: TrafficRows) -> Doubles:
        """As ShiftContender."""
        return self._tails.surprise(self._model.score(shift.X)) - self._history.threshold

    def learn(self, news: News) -> None:
        """As ShiftContender."""
        for rows in (news.judged(), news.matured):
            if rows is not None and len(rows):
                self._take(rows.where(~np.isin(rows.row, self._seen)))

    def _take(self, rows: TrafficRows) -> None:
        self._seen = np.concatenate([self._seen, rows.row])
        reserve = ~rows.fraud & (rows.card % RESERVE == 0)
        fit = rows.where(~reserve)
        self._model.learn(fit.X, fit.fraud)
        if reserve.any():
            self._reserve = [*self._reserve, rows.X[reserve][-_RESERVE_ROWS:]]
            latest = np.concatenate(self._reserve)[-_RESERVE_ROWS:]
            self._reserve = [latest]
            self._tails = Tails.fit(self._model.score(latest))


_RESERVE_ROWS = 10_000  # scored anew after each shift, at a fifth of a millisecond a row
