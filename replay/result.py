"""What a protocol found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from replay.measures import Interval, ScoredWindow
from replay.survey import Survey


@dataclass(frozen=True)
class ReplayResult:
    """Figures of each contender by name of the measure, its test windows, and what the pass took.

    Attributes:
        contenders: for each contender, its measures by name.
        windows: for each contender, its test windows in order of time.
        survey: what the file holds.
        pass_seconds: wall time of reading, features and scoring.
        train_seconds: wall time of training, on top of `pass_seconds`.
        details: what only one protocol reports, ready for JSON.
    """

    contenders: dict[str, dict[str, Interval]]
    windows: dict[str, list[ScoredWindow]]
    survey: Survey
    pass_seconds: float
    train_seconds: float
    details: dict[str, Any]
