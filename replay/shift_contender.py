"""What a live replay compares: each scores shift after shift, and learns from what its desk got to know."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from meta.arrays import Doubles
from replay.desk import News
from replay.progress import Progress, ignore_progress
from replay.recent import Recent
from replay.traffic import TrafficRows


@dataclass(frozen=True)
class DeskHistory:
    """Labelled rows to begin with, in order of time, and what they mean.

    names: features, of which the first `live` run live. families: names of the kinds of fraud. train_days,
    delay_days: how far back training reaches, and how late labels are. budget: share of genuine traffic.
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

    @property
    def threshold(self) -> float:
        """The budget as surprise."""
        return -math.log10(self.budget)


class ShiftContender(Protocol):
    """Scores a shift with what was known before it began."""

    def margin(self, shift: TrafficRows) -> Doubles:
        """Return surprise above the threshold, float64 (n,): above 0 is an alert."""
        ...

    def learn(self, news: News) -> None:
        """Take in what the shift just scored made known."""
        ...
