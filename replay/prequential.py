"""Prequential replay: train, wait for labels, test, and repeat later in the file.

One pass computes the features and collects the rows of every fold. Then processes train and score.

Source: Le Borgne et al. 2022, «Reproducible machine learning for credit card fraud detection», ch. 5.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from replay.contenders import CONTENDERS, COSTS, NETWORKS, SHIPPED, SHIPPED_ENTITIES
from replay.contest import Contest, Entry
from replay.drift import moved
from replay.featured import Featured
from replay.fold import Days, Fold
from replay.fold_files import BUDGET, FoldFiles
from replay.free_memory import give_back
from replay.progress import Progress, Tell, ignore_progress, ignore_text
from replay.reading import RowReader
from replay.result import ReplayResult
from replay.survey import DAY_S, Survey, UnfitFile, survey
from replay.tasks import Pool, processes_here


@dataclass(frozen=True)
class Plan:
    """Days and contenders of a replay.

    Attributes:
        train_days: Days of training.
        delay_days: Days until labels are known.
        test_days: Days of each test.
        folds: Number of tests, one test length apart.
        start: First day of the first training period, from the file's first midnight; where not given, the
            last folds that fit are taken.
        contenders: Names of what is compared.
        adapters: Names of adapters; each makes detectors of the newest frauds of each kind in a training
            period.
        flags: Number of those frauds.
        steps: Steps of meta-training.
        seed: Equal seeds give equal figures.
        processes: Number of processes that train; where not given, one for each core.
    """

    train_days: int = 7
    delay_days: int = 7
    test_days: int = 7
    folds: int = 4
    start: int | None = None
    contenders: tuple[str, ...] = tuple(CONTENDERS)
    adapters: tuple[str, ...] = ()
    flags: int = 5
    steps: int = 1_500
    seed: int = 0
    processes: int | None = None

    def entries(self) -> list[Entry]:
        """Return the contenders; the base with episodes of each adapter comes last."""
        entries = [Entry({name: CONTENDERS[name]}, COSTS[name], name in NETWORKS) for name in self.contenders]
        if self.adapters:
            from replay.with_episodes import COST, WithEpisodes  # imports torch

            trained_together = {
                f"base+{name}": WithEpisodes(name, self.adapters, self.flags, self.steps)
                for name in self.adapters
            }
            entries.append(Entry(trained_together, COST, trains_network=True))
        return entries

    def folds_in(self, found: Survey) -> list[Days]:
        """Return the days of each fold.

        Raises:
            UnfitFile: the file is too short.
        """
        epoch = np.floor(found.first / DAY_S)
        length = int(np.floor(found.last / DAY_S) - epoch) + 1
        once = self.train_days + self.delay_days
        needed = once + self.folds * self.test_days
        start = length - needed if self.start is None else self.start
        if start < 0 or start + needed > length:
            raise UnfitFile(
                f"{needed} days are needed from day {max(start, 0)} on ({self.train_days} training, "
                f"{self.delay_days} delay, {self.folds} times {self.test_days} test), the file has {length}"
            )
        firsts = [start + k * self.test_days for k in range(self.folds)]
        return [Days(f, f + self.train_days, f + once, f + once + self.test_days) for f in firsts]


def prequential(
    reader: RowReader,
    plan: Plan,
    report_progress: Progress = ignore_progress,
    tell: Tell = ignore_text,
    start: Pool | None = None,
) -> ReplayResult:
    """Replay a file.

    An interruption while contenders train keeps those that have finished.

    Args:
        reader: Reads the file.
        plan: Days and contenders.
        report_progress: Takes the progress.
        tell: Takes what is found, as soon as it is.
        start: Starts what contenders train on; processes of this machine where not given.

    Raises:
        BadRow: a value of the file cannot be read.
        UnfitFile: the file is too short, or lacks labels.
        NothingToLearn: a training period holds too few rows.
        Unmeasurable: a test lacks fraud or genuine rows.
    """
    report_progress("checking", 0, reader.table.rows() or 0)
    found = survey(reader)
    tell(found.in_words())
    plan = _without_unfit(plan, reader, tell)
    days = plan.folds_in(found)
    with tempfile.TemporaryDirectory(prefix="flagfive-replay-") as folder:
        begun = time.perf_counter()
        folds = _collected(reader, plan, found, days, Path(folder), report_progress)
        passed = time.perf_counter() - begun
        give_back()
        contest = Contest(folds, plan.seed, tell)
        contest.run(plan.entries(), plan.processes or processes_here(), report_progress, start)
    details = {
        "folds": [asdict(d) for d in days],
        "budget": BUDGET,
        "drift": moved(folds[0].features, [fold.drift for fold in folds if fold.drift is not None]),
        "interrupted": contest.interrupted,
    }
    compared = time.perf_counter() - begun - passed
    in_order = [name for entry in plan.entries() for name in entry.learners if name in contest.figures]
    figures = {name: contest.figures[name] for name in in_order}
    windows = {name: contest.windows[name] for name in in_order}
    return ReplayResult(figures, windows, found, passed, compared, details)


def _without_unfit(plan: Plan, reader: RowReader, tell: Tell) -> Plan:
    """Leave out the shipped base where the file has fewer entities than it reads."""
    if SHIPPED not in plan.contenders or len(reader.mapping.entities) >= SHIPPED_ENTITIES:
        return plan
    tell(f"{SHIPPED}: left out, since it reads {SHIPPED_ENTITIES} entities and the mapping names fewer")
    return replace(plan, contenders=tuple(name for name in plan.contenders if name != SHIPPED))


def _collected(
    reader: RowReader,
    plan: Plan,
    found: Survey,
    days: list[Days],
    folder: Path,
    report_progress: Progress,
) -> list[Fold]:
    """Compute features and collect the rows of every fold in one pass.

    Raises:
        UnfitFile: a fold has no labelled rows to test on.
        NothingToLearn: a training period holds too few rows.
    """
    featured = Featured(reader, plan.delay_days * DAY_S)
    epoch = float(np.floor(found.first / DAY_S) * DAY_S)
    folds = []
    for number, d in enumerate(days):
        own = folder / str(number)
        own.mkdir()
        files = FoldFiles(own, len(featured.names))
        folds.append(Fold(d, epoch, featured.names, featured.live, reader.families, files, plan.seed))
    for part in reader.parts():
        X = featured.features(part)
        cards = part if reader.has_cards else part.each_its_own_card()
        for fold in folds:
            fold.take(cards, X)
        report_progress("replaying", part.first + len(part) - 1, found.rows)
    if not all(fold.tested for fold in folds):
        raise UnfitFile(f"fold {[f.tested for f in folds].index(False) + 1}: no labelled rows to test on")
    return folds
