"""What a protocol found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from replay.measures import Interval, Window
from replay.survey import Survey

Progress = Callable[[str, int, int], None]  # the stage, rows done, rows in all


def silent(stage: str, done: int, rows: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Outcome:
    """Figures of each contender by name of the measure, its test windows, and what the pass took.

    `pass_seconds` is reading, features and scoring; `train_seconds` comes on top. `details` are what only
    one protocol tells, ready for JSON.
    """

    contenders: dict[str, dict[str, Interval]]
    windows: dict[str, list[Window]]
    survey: Survey
    pass_seconds: float
    train_seconds: float
    details: dict[str, Any]
