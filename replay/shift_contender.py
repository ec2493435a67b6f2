"""The contract of the contenders of a live replay: each scores a shift, then learns from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from meta.arrays import Doubles
from meta.threshold import first_threshold
from replay.desk import News
from replay.progress import Progress, ignore_progress
from replay.recent import Recent
from replay.traffic import TrafficRows


@dataclass(frozen=True)
class DeskHistory:
    """What all contenders begin with.

    Attributes:
        rows: Labelled rows of the training period, in order of time.
        recent: Recent traffic without labels.
        names: Names of the features; the first `live` run live.
        live: Number of features that run live.
        families: Names of the kinds of fraud.
        train_days: Days of training.
        delay_days: Days until a label is known.
        budget: Share of genuine traffic that may be alerted, in (0, 1).
        seed: Equal seeds give equal figures.
        report_progress: Takes the progress of training.
        steer: Whether thresholds are steered within a shift, as live.
    """

    rows: TrafficRows
    recent: Recent
    names: tuple[str, ...]
    live: int
    families: tuple[str, ...]
    train_days: float
    delay_days: float
    budget: float
    seed: int
    report_progress: Progress = ignore_progress
    steer: bool = True

    @property
    def threshold(self) -> float:
        """Threshold of a base alone, as surprise."""
        return first_threshold(self.budget)


class ShiftContender(Protocol):
    """Scores each shift with what was known before the shift began.

    Attributes:
        steered: What steering has added to the threshold at each row of the shift that was scored last,
            float64 (n,); 0 where nothing steers. Rankings leave it out.
    """

    steered: Doubles | float

    def margin(self, shift: TrafficRows) -> Doubles:
        """Return the margin above the threshold, float64 (n,); above 0 is an alert."""
        ...

    def learn(self, news: News) -> None:
        """Learn from the shift that was scored last."""
        ...
