"""Train a base once and measure it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.training.settings import SETTINGS
from meta.base_training import History, train_base
from replay.fold import Fold
from replay.measures import measure


@dataclass(frozen=True)
class Trial:
    """One training.

    Attributes:
        data: Name of the file.
        first: First day of the training period.
        setting: Name of the settings.
        seed: Seed of the training.
        cpu_s: Processor time of the training, in seconds.
        average_precision: Of the later test.
        card_precision: At 100 cards a day.
        auc: AUC ROC.
    """

    data: str
    first: int
    setting: str
    seed: int
    cpu_s: float
    average_precision: float
    card_precision: float
    auc: float

    def words(self) -> str:
        """Return the figures in a line."""
        return (
            f"{self.data} day {self.first} seed {self.seed} {self.setting}: {self.cpu_s:.1f} s, average "
            f"precision {self.average_precision:.4f}, card precision {self.card_precision:.4f}"
        )


def run(data: str, fold: Fold, setting: str, seed: int) -> Trial:
    """Train with risk columns on a fold's rows, and measure on its test.

    Raises:
        ValueError: the fold has not seen the end of its training period.
    """
    if fold.lesson is None:
        raise ValueError(f"fold of day {fold.days.train}: its training period is not over")
    lesson = fold.files.read_lesson(fold.lesson)
    history = History(lesson.features, lesson.X, lesson.fraud, lesson.weight, lesson.period)
    began = time.process_time()
    base = train_base(history, replace(SETTINGS[setting], seed=seed))
    passed = time.process_time() - began
    score = np.concatenate([base.score(rows) for rows in fold.files.rows()])
    figures = measure([fold.window(score, 0.0)], replicates=1)
    return Trial(
        data, fold.days.train, setting, seed, passed, figures["average_precision"].value,
        figures["card_precision_at_100"].value, figures["auc_roc"].value,
    )  # fmt: skip


def summary(trials: Sequence[Trial]) -> str:
    """Return a table in Markdown: means over windows, with the range over seeds in brackets."""
    lines = [
        "| settings | CPU seconds | average precision | card precision@100 | AUC ROC |",
        "|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(one.setting for one in trials):
        mine = [one for one in trials if one.setting == name]
        cells = [f"{np.mean([one.cpu_s for one in mine]):.1f}"]
        cells += [_cell(mine, figure) for figure in ("average_precision", "card_precision", "auc")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(trials: Sequence[Trial], figure: str) -> str:
    """Return the mean of a figure, and the least and largest mean of a seed."""
    by_seed = [
        float(np.mean([getattr(one, figure) for one in trials if one.seed == seed]))
        for seed in sorted({one.seed for one in trials})
    ]
    return f"{np.mean(by_seed):.4f} [{min(by_seed):.4f} {max(by_seed):.4f}]"
