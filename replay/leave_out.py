"""Leaves a pattern out of training, then flags K of its frauds as an episode."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from meta.adapters.registry import DEFAULT, adapter
from meta.artifacts import Artifacts
from meta.calibration import joint_threshold
from meta.episode import KNOWN_ROWS, TooLittleTraffic, choose_rows, known_fraud, propose
from meta.reservoir import Reservoir
from meta.sampler import Labelled
from meta.scored_traffic import ScoredTraffic, spread_order
from meta.stack import ScoringStack
from meta.support import Support
from meta.verdict import Verdict
from replay.delay import detection_delay
from replay.drift import ReplayDrift, moved
from replay.featured import Featured
from replay.fold_files import BUDGET
from replay.measures import ScoredWindow, measure
from replay.prequential import Plan
from replay.progress import Progress, Tell, ignore_progress, ignore_text
from replay.reading import RowReader
from replay.result import ReplayResult
from replay.sample import Sample
from replay.survey import DAY_S, Survey, UnfitFile, survey
from replay.traces import traces_of
from replay.traffic import TrafficRows
from replay.training import train

_TRAINING, _RESERVOIR, _TEST = 150_000, 50_000, 100_000  # genuine rows at most


@dataclass(frozen=True)
class LeaveOutSettings:
    """What is left out, and how.

    Attributes:
        pattern: Name of the pattern that training does not see.
        flags: Number of frauds in the episode.
        adapters: Names of the adapters; each makes a detector of the same episode.
        base_steps: Training steps of the base.
        meta_steps: Steps of meta-training.
    """

    pattern: str
    flags: int = 5
    adapters: tuple[str, ...] = (DEFAULT,)
    base_steps: int = 3_000
    meta_steps: int = 1_500


def leave_out(
    reader: RowReader,
    plan: Plan,
    settings: LeaveOutSettings,
    report_progress: Progress = ignore_progress,
    tell: Tell = ignore_text,
) -> ReplayResult:
    """Train without a pattern, flag some of it, and measure what is found of the rest.

    The measures cover genuine rows and frauds of the pattern after the last flag, on cards that were not
    flagged. The reservoir holds genuine rows of the days until the labels of training came.

    Args:
        reader: Reads the file.
        plan: Its days, start and seed count.
        settings: What is left out.
        report_progress: Takes the progress.
        tell: Takes what is found, as soon as it is.

    Raises:
        BadRow: a value of the file cannot be read.
        UnfitFile: the file is too short, or holds too little of the pattern.
        NothingToLearn: the training period holds too few rows.
        Unmeasurable: the test lacks fraud or genuine rows.
    """
    report_progress("checking", 0, reader.table.rows() or 0)
    found = survey(reader)
    tell(found.in_words())
    begun = time.perf_counter()
    names, (training, middle, test) = _collect(reader, replace(plan, folds=1), found, report_progress)
    passed = time.perf_counter() - begun
    held = _number(reader, settings.pattern)
    begun = time.perf_counter()
    artifacts = _train(reader, names, training, settings, plan.seed, report_progress)
    trained = time.perf_counter() - begun
    episode = _Episode(artifacts, middle, test, held, settings.flags)
    windows, reasons, known = episode.contest(settings.adapters, plan.seed)
    figures = {name: measure([window], seed=plan.seed) for name, window in windows.items()}
    lists = {name: [window] for name, window in windows.items()}
    pattern = {
        "name": settings.pattern,
        "flags": settings.flags,
        "flagged_at": episode.flagged_at,
        "later_frauds": int(np.sum(windows["base"].fraud)),
        "known_recall": known,
        "recall": {name: float(np.mean(w.score[w.fraud] > w.threshold)) for name, w in windows.items()},
        "until_caught": {name: _delay(window, plan.seed) for name, window in windows.items()},
        "kept_as_draft": {name: list(r) for name, r in reasons.items() if r},
    }
    drift = ReplayDrift(training.X[~training.fraud])
    drift.add(test.X[~test.fraud])
    details = {"patterns": [pattern], "budget": BUDGET, "drift": moved(names, [drift])}
    return ReplayResult(figures, lists, found, passed, trained, details)


class _Episode:
    """The first fraud of each of K cards in the test period as flags, and the rows that follow."""

    def __init__(
        self, artifacts: Artifacts, middle: TrafficRows, test: TrafficRows, held: int, flags: int
    ) -> None:
        self.artifacts = artifacts
        of_pattern = np.flatnonzero(test.fraud & (test.family == held))
        _, first = np.unique(test.card[of_pattern], return_index=True)
        rows = of_pattern[np.sort(first)[:flags]]
        if len(rows) < flags:
            raise UnfitFile(f"{len(rows)} cards with the pattern in the test period, {flags} to be flagged")
        self.flags = test.where(rows)
        self.flagged_at = float(self.flags.seconds[-1])
        after = test.where((test.seconds > self.flagged_at) & ~np.isin(test.card, self.flags.card))
        self.shown = after.where(~after.fraud | (after.family == held))
        self.known = after.where(after.fraud & (after.family != held))
        genuine = middle.where(~middle.fraud)
        self.recent = genuine.where(spread_order(len(genuine)))
        reservoir = Reservoir(self.recent.X, artifacts.base)
        self.traffic = ScoredTraffic.of(reservoir, ScoringStack(artifacts.base, reservoir.base_tails))
        self.matured = middle.where(middle.fraud & (middle.family != held))

    def contest(
        self, names: tuple[str, ...], seed: int
    ) -> tuple[dict[str, ScoredWindow], dict[str, tuple[str, ...]], dict[str, float | None]]:
        """Return the test under the base, and under the base with each detector that passed the gate.

        Returns:
            For each contender its test window, what kept its detector a draft, and its recall of known fraud.
        """
        alone = self.traffic.stack
        threshold = joint_threshold(alone.surprises(self.recent.X), alone.shifts, BUDGET)
        windows, reasons, known = {}, {}, {}
        windows["base"], known["base"] = self._tested(alone, threshold)
        for name in names:
            label, stack, limit = f"base + {name}", alone, threshold
            try:
                verdict = self._judged(name, threshold, seed)
                reasons[label] = verdict.reasons
                if verdict.passed:
                    stack, limit = alone.replaced((verdict.live,)), verdict.threshold
            except TooLittleTraffic as lack:
                reasons[label] = (str(lack),)
            windows[label], known[label] = self._tested(stack, limit)
        return windows, reasons, known

    def _judged(self, name: str, threshold: float, seed: int) -> Verdict:
        rows = choose_rows(self.recent.seconds, traces_of(self.recent, self.flags, self.flags.row))
        return propose(
            self.traffic,
            adapter(name, self.artifacts),
            Support(self.flags.X),
            rows,
            known_fraud(self.matured.X[-KNOWN_ROWS:], self.artifacts.past, {}),
            threshold=threshold,
            budget=BUDGET,
            seed=seed,
        ).verdict

    def _tested(self, stack: ScoringStack, threshold: float) -> tuple[ScoredWindow, float | None]:
        """Return the test window and the recall of known fraud; None where there is no known fraud."""
        s = self.shown
        day = (s.seconds // DAY_S).astype(np.int64)
        window = ScoredWindow(stack.score(s.X)[0], s.fraud, s.card, day, s.amount, threshold)
        found = stack.score(self.known.X)[0] > threshold
        return window, float(found.mean()) if len(found) else None


def _collect(
    reader: RowReader, plan: Plan, found: Survey, report_progress: Progress
) -> tuple[tuple[str, ...], tuple[TrafficRows, ...]]:
    """Sample the training period, the days until its labels came, and the test period, in one pass."""
    [days] = plan.folds_in(found)
    featured = Featured(reader, 0.0)
    bounds = (days.train, days.delay_from, days.test, days.end)
    samples = [Sample(most, plan.seed) for most in (_TRAINING, _RESERVOIR, _TEST)]
    epoch = np.floor(found.first / DAY_S)
    for part in reader.parts():
        rows = featured.live_traffic(part)
        day = rows.seconds // DAY_S - epoch
        for k, sample in enumerate(samples):
            at = rows.where(rows.known & (day >= bounds[k]) & (day < bounds[k + 1]))
            if len(at):
                sample.add(at.fraud, *at.columns())
        report_progress("replaying", part.first + len(part) - 1, found.rows)
    names = ("training", "delay", "test")
    for name, sample in zip(names, samples, strict=True):
        if not sample.columns():
            raise UnfitFile(f"no labelled rows in the days of {name}")
    return featured.names[: featured.live], tuple(TrafficRows(*s.columns()) for s in samples)


def _delay(window: ScoredWindow, seed: int) -> dict[str, Any] | None:
    at = window.fraud
    return detection_delay(window.amount[at], window.score[at] > window.threshold, window.card[at], seed=seed)


def _number(reader: RowReader, pattern: str) -> int:
    if pattern not in reader.families:
        raise UnfitFile(f"no fraud of a pattern {pattern!r}; there are {', '.join(sorted(reader.families))}")
    return reader.families.index(pattern)


def _train(
    reader: RowReader,
    names: tuple[str, ...],
    rows: TrafficRows,
    settings: LeaveOutSettings,
    seed: int,
    report_progress: Progress,
) -> Artifacts:
    family = np.where(rows.fraud, np.where(rows.family >= 0, rows.family + 1, -1), 0).astype(np.int64)
    labelled = Labelled(rows.X, family, rows.card.view(np.int64), rows.seconds)
    return train(
        labelled, names, reader.families, settings.adapters, base_steps=settings.base_steps,
        meta_steps=settings.meta_steps, seed=seed, held_out=(settings.pattern,),
        report_progress=report_progress,
    )  # fmt: skip
