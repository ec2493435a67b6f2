"""Compares contenders over all folds, in several processes, the quickest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from meta.arrays import Doubles
from replay.fold import Fold
from replay.fold_files import Learner, score_fold
from replay.measures import Interval, ScoredWindow, measure
from replay.progress import Progress, Tell
from replay.tasks import Pool, Task, process_pool, run_tasks

TRAINING_IMPORTS = "replay.training_imports"
_SHOWN = {
    "auc_roc": "AUC ROC",
    "average_precision": "average precision",
    "card_precision_at_100": "card precision at 100",
}


@dataclass(frozen=True)
class Entry:
    """Contenders that train together.

    Attributes:
        learners: Contenders by name.
        cost: What one fold takes, in seconds on a free core, roughly.
        trains_network: Whether one of them trains a network, which needs torch.
    """

    learners: Mapping[str, Learner]
    cost: float
    trains_network: bool = False


@dataclass
class Contest:
    """Contenders on folds whose rows are complete.

    Attributes:
        folds: The folds.
        seed: Seed of the bootstrap.
        tell: Takes a line on each contender that has finished all folds.
        windows: Test windows of each contender that has finished all folds.
        figures: Measures of each contender that has finished all folds.
        interrupted: Whether the contest ended before all contenders had finished.
    """

    folds: Sequence[Fold]
    seed: int
    tell: Tell
    windows: dict[str, list[ScoredWindow]] = field(default_factory=dict)
    figures: dict[str, dict[str, Interval]] = field(default_factory=dict)
    interrupted: bool = False
    _scored: dict[str, dict[int, ScoredWindow]] = field(default_factory=dict)

    def run(
        self, entries: Sequence[Entry], processes: int, report_progress: Progress, start: Pool | None = None
    ) -> None:
        """Run all contenders. An interruption keeps what is finished.

        Raises:
            Unmeasurable: a test lacks fraud or genuine rows.
            ProcessEnded: a process ended before its work was done.
        """
        quickest = sorted(entries, key=lambda entry: entry.cost)
        tasks = [self._task(entry, number) for entry in quickest for number in range(len(self.folds))]
        shared = [TRAINING_IMPORTS] if any(entry.trains_network for entry in entries) else []
        try:
            pool = start or partial(process_pool, shared=shared)
            run_tasks(tasks, processes, "comparing contenders", report_progress, pool)
        except KeyboardInterrupt:
            self.interrupted = True

    def _task(self, entry: Entry, number: int) -> Task:
        fold = self.folds[number]
        arguments = (entry.learners, fold.files, fold.lesson)
        return Task(score_fold, arguments, partial(self._take, number), entry.cost)

    def _take(self, number: int, found: dict[str, tuple[Doubles, float]]) -> list[Task]:
        """Take the scores of a fold; return the measuring of each contender that has all folds."""
        tasks = []
        for name, (score, threshold) in found.items():
            mine = self._scored.setdefault(name, {})
            mine[number] = self.folds[number].window(score, threshold)
            if len(mine) == len(self.folds):
                windows = [mine[k] for k in sorted(mine)]
                tasks.append(Task(_measured, (windows, self.seed), partial(self._show, name, windows)))
        return tasks

    def _show(self, name: str, windows: list[ScoredWindow], figures: dict[str, Interval]) -> list[Task]:
        self.windows[name], self.figures[name] = windows, figures
        shown = (f"{words} {_cell(figures[key])}" for key, words in _SHOWN.items())
        self.tell(f"{name}: {', '.join(shown)}")
        return []


def _measured(windows: list[ScoredWindow], seed: int) -> dict[str, Interval]:
    return measure(windows, seed=seed)


def _cell(figure: Interval) -> str:
    return f"{figure.value:.3f} [{figure.low:.3f} {figure.high:.3f}]"
