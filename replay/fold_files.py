"""What contenders of a fold read in processes of their own: its lesson and its test rows, in files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from meta.arrays import Doubles, Floats
from replay.lesson import Lesson, Score

BUDGET = 0.001
_ARRAYS = ("X", "fraud", "weight", "family", "card", "seconds", "reserve")
_ROWS_AT_ONCE = 65_536

Learner = Callable[[Lesson], Score]


@dataclass(frozen=True)
class FoldFiles:
    """The files of one fold, in a folder that only this user can read.

    Attributes:
        folder: Where they are.
        width: Number of features, d.
    """

    folder: Path
    width: int

    def write_lesson(self, lesson: Lesson) -> None:
        """Write what contenders learn from."""
        np.savez(self._arrays, **{name: getattr(lesson, name) for name in _ARRAYS})

    def read_lesson(self, without_arrays: Lesson) -> Lesson:
        """Return a lesson with the arrays that were written."""
        with np.load(self._arrays, allow_pickle=False) as stored:
            return replace(without_arrays, **{name: stored[name] for name in _ARRAYS})

    def add_rows(self, X: Floats) -> None:
        """Append test rows float32 (n, d)."""
        with self._rows.open("ab") as file:
            np.ascontiguousarray(X, np.float32).tofile(file)

    def rows(self) -> Iterator[Floats]:
        """Yield the test rows in their order, float32 (m, d) each."""
        with self._rows.open("rb") as file:
            while len(block := np.fromfile(file, np.float32, _ROWS_AT_ONCE * self.width)):
                yield block.reshape(-1, self.width)

    @property
    def _arrays(self) -> Path:
        return self.folder / "lesson.npz"

    @property
    def _rows(self) -> Path:
        return self.folder / "rows.float32"


def bare(lesson: Lesson) -> Lesson:
    """Return the lesson with empty arrays, small enough to send to another process."""
    return replace(lesson, **{name: getattr(lesson, name)[:0] for name in _ARRAYS})


def score_fold(
    learners: Mapping[str, Learner], files: FoldFiles, without_arrays: Lesson
) -> dict[str, tuple[Doubles, float]]:
    """Let contenders learn and score the test rows.

    Args:
        learners: Contenders by name. Those of one call may share what they train.
        files: The fold.
        without_arrays: The lesson, its arrays left out.

    Returns:
        For each contender scores float64 (n,), and the threshold for the budget of genuine traffic.
    """
    lesson = files.read_lesson(without_arrays)
    found = {}
    for name, learn in learners.items():
        score = learn(lesson)
        threshold = float(np.quantile(score(lesson.reserve), 1 - BUDGET))
        found[name] = (np.concatenate([np.empty(0), *(score(rows) for rows in files.rows())]), threshold)
    return found
