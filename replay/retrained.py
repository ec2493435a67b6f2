"""Contenders that are retrained every night on all labels known by then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles, Floats
from meta.calibration import Tails
from meta.histograms import Histograms
from replay.desk import News
from replay.lesson import RESERVE, Lesson, Score
from replay.sample import Sample
from replay.shift_contender import DeskHistory
from replay.survey import DAY_S
from replay.traffic import TrafficRows, joined

MOST_GENUINE = 200_000  # rows of each training that are not fraud
_MAJOR = 0.25  # population stability index


class Retrained:
    """A learner that gets every label as it comes: late labels, examined alerts and flags.

    One genuine card in four is kept from training; the tails of the scores are fitted to these rows.
    """

    steered: Doubles | float = 0.0

    def __init__(self, learn: Callable[[Lesson], Score], history: DeskHistory) -> None:
        self._learner, self._history = learn, history
        self._known = [history.rows]
        self._seen = history.rows.row
        self._trained = float(history.rows.seconds[-1])
        self._train(history.rows)

    def margin(self, shift: TrafficRows) -> Doubles:
        """As ShiftContender."""
        return self._tails.surprise(self._score(self._still(shift.X))) - self._history.threshold

    def learn(self, news: News) -> None:
        """As ShiftContender; trains once a day has passed."""
        for rows in (news.judged(), news.matured):
            if rows is not None and (new := ~np.isin(rows.row, self._seen)).any():
                self._known.append(rows.where(new))
                self._seen = np.concatenate([self._seen, rows.row[new]])
        if news.now - self._trained >= DAY_S:
            self._train(self._window(news.now))
            self._trained = news.now

    def _window(self, now: float) -> TrafficRows:
        """Return the labelled rows of the latest days: as many as the first training had."""
        oldest = now - (self._history.train_days + self._history.delay_days) * DAY_S
        self._known = [rows for rows in self._known if rows.seconds[-1] >= oldest]
        rows = joined(self._known)
        return rows.where(rows.seconds >= oldest)

    def _train(self, rows: TrafficRows) -> None:
        sample = Sample(MOST_GENUINE, self._history.seed)
        sample.add(rows.fraud, *rows.columns())
        some = TrafficRows(*sample.columns())
        some = some.where(np.argsort(some.seconds, kind="stable"))
        self._moved = self._drifted(some)
        some = replace(some, X=self._still(some.X))
        reserve = ~some.fraud & (some.card % RESERVE == 0)
        fit = some.where(~reserve)
        period = (float(some.seconds[0]), float(some.seconds[-1]))
        h = self._history
        lesson = Lesson(
            h.names, h.live, fit.X, fit.fraud, np.ones(len(fit)), period, fit.family, fit.card, fit.seconds,
            some.X[reserve], h.families, h.seed, h.report_progress,
        )  # fmt: skip
        self._score = self._learner(lesson)
        self._tails = Tails.fit(self._score(lesson.reserve))

    def _drifted(self, rows: TrafficRows) -> NDArray[np.intp]:
        """Return the features that have moved by a major shift.

        In the latest days only frauds are labelled. So a feature that separates late rows from early rows
        would look like a sign of fraud.
        """
        genuine = rows.X[~rows.fraud, : self._history.live]
        shift = Histograms.fit(genuine).stability_index(self._history.recent.rows().X)
        return np.flatnonzero(shift > _MAJOR)

    def _still(self, X: Floats) -> Floats:
        """Return the features with those that have moved set to 0."""
        out = X.copy()
        out[:, self._moved] = 0.0
        return out
