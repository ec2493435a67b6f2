"""Leave a pattern out: nothing that is trained has seen it, then K of its frauds are flagged as an
episode.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.offline import Featuriser
from meta.adapters.registry import adapter
from meta.arrays import Doubles, Floats
from meta.artifacts import Artifacts
from meta.gate import judge
from meta.reservoir import Reservoir
from meta.sampler import Labelled
from meta.stack import ScoringStack
from meta.support import Support
from meta.verdict import Limits, Verdict
from replay.delay import detection_delay
from replay.drift import FeatureDrift, moved
from replay.further import Further
from replay.measures import ScoredWindow, measure
from replay.prequential import Plan
from replay.progress import Progress, ignore_progress
from replay.reading import RowReader
from replay.result import ReplayResult
from replay.sample import Sample
from replay.survey import DAY_S, Survey, UnfitFile, survey
from replay.training import train
from replay.truth import FRAUD, GENUINE

Rows = NDArray[np.intp]

_TRAINING, _RESERVOIR, _TEST, _BACKGROUND = 150_000, 50_000, 100_000, 2_048  # genuine rows, at most
BUDGET = 0.001


@dataclass(frozen=True)
class LeaveOutSettings:
    """The pattern left out, flags of the episode, adapters that make a detector of it, steps of training."""

    pattern: str
    flags: int = 5
    adapters: tuple[str, ...] = ("evidence",)
    base_steps: int = 3_000
    meta_steps: int = 1_500


@dataclass(frozen=True)
class _Period:
    """Rows of one period: features, family (0 genuine, -1 unnamed fraud), card, seconds, amount."""

    X: Floats
    family: NDArray[np.int64]
    card: NDArray[np.uint64]
    seconds: Doubles
    amount: Doubles

    def where(self, rows: NDArray[np.bool_] | Rows) -> _Period:
        return _Period(
            self.X[rows], self.family[rows], self.card[rows], self.seconds[rows], self.amount[rows]
        )


def leave_out(
    reader: RowReader, plan: Plan, settings: LeaveOutSettings, progress: Progress = ignore_progress
) -> ReplayResult:
    """Run it; of `plan` count the days, start and seed. Raises as `replay.prequential.prequential`.

    Measured on genuine rows and frauds of the pattern after the last flag, on cards that were not flagged.
    """
    progress("checking", 0, reader.table.rows() or 0)
    found = survey(reader)
    begun = time.perf_counter()
    names, (training, middle, test) = _collect(reader, replace(plan, folds=1), found, progress)
    passed = time.perf_counter() - begun
    held = _number(reader, settings.pattern)
    begun = time.perf_counter()
    artifacts = _train(reader, names, training, settings, plan.seed, progress)
    trained = time.perf_counter() - begun
    episode = _Episode(artifacts, training, middle, test, held, settings.flags)
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
    drift = FeatureDrift(training.X[training.family == 0])
    drift.add(test.X[test.family == 0])
    details = {"patterns": [pattern], "budget": BUDGET, "drift": moved(names, [drift])}
    return ReplayResult(figures, lists, found, passed, trained, details)


class _Episode:
    """K flags in the test period, the first fraud of each of K cards, and what follows them."""

    def __init__(
        self, artifacts: Artifacts, train: _Period, middle: _Period, test: _Period, held: int, flags: int
    ) -> None:
        self.artifacts, self.middle = artifacts, middle
        of_pattern = np.flatnonzero(test.family == held)
        _, first = np.unique(test.card[of_pattern], return_index=True)
        rows = of_pattern[np.sort(first)[:flags]]
        if len(rows) < flags:
            raise UnfitFile(f"{len(rows)} cards with the pattern in the test period, {flags} to be flagged")
        self.flags = test.where(rows)
        self.flagged_at = float(self.flags.seconds[-1])
        after = (test.seconds > self.flagged_at) & ~np.isin(test.card, self.flags.card)
        self.shown = test.where(after & ((test.family == 0) | (test.family == held)))
        self.known = test.where(after & (test.family != 0) & (test.family != held))
        self.reservoir = Reservoir(middle.X[middle.family == 0], artifacts.base)
        self.background = train.X[train.family == 0][:_BACKGROUND]
        self.matured = middle.X[(middle.family != 0) & (middle.family != held)]

    def contest(
        self, names: tuple[str, ...], seed: int
    ) -> tuple[dict[str, ScoredWindow], dict[str, tuple[str, ...]], dict[str, float | None]]:
        """Return the test under base and under base with each detector that passed the gate."""
        alone = ScoringStack(self.artifacts.base, self.reservoir.base_tails)
        threshold = float(np.quantile(self.reservoir.base_surprise, 1 - BUDGET))
        windows, reasons, known = {}, {}, {}
        windows["base"], known["base"] = self._tested(alone, threshold)
        for name in names:
            verdict = self._judged(alone, name, seed)
            label = f"base + {name}"
            reasons[label] = verdict.reasons
            stack = alone.replaced((verdict.live,)) if verdict.passed else alone
            limit = verdict.threshold if verdict.passed else threshold
            windows[label], known[label] = self._tested(stack, limit)
        return windows, reasons, known

    def _judged(self, stack: ScoringStack, name: str, seed: int) -> Verdict:
        replay = {"known fraud": self.matured, "past fraud": self.artifacts.past}
        return judge(
            stack, adapter(name, self.artifacts), Support(self.flags.X), self.background, self.reservoir,
            replay, seed=seed, limits=Limits(budget=BUDGET),
        )  # fmt: skip

    def _tested(self, stack: ScoringStack, threshold: float) -> tuple[ScoredWindow, float | None]:
        """What the test days show, and the recall of known fraud; None where there is none."""
        s = self.shown
        day = (s.seconds // DAY_S).astype(np.int64)
        window = ScoredWindow(stack.score(s.X)[0], s.family != 0, s.card, day, s.amount, threshold)
        found = stack.score(self.known.X)[0] > threshold
        return window, float(found.mean()) if len(found) else None


def _collect(
    reader: RowReader, plan: Plan, found: Survey, progress: Progress
) -> tuple[tuple[str, ...], tuple[_Period, ...]]:
    """One pass: samples of training period, of the days until its labels came, and of the test period."""
    [days] = plan.folds_in(found)
    featuriser, further = Featuriser(reader.schema), Further(reader.mapping)
    bounds = (days.train, days.delay_from, days.test, days.end)
    most = (_TRAINING, _RESERVOIR, _TEST)
    samples = [Sample(m, plan.seed) for m in most]
    epoch = np.floor(found.first / DAY_S)
    for part in reader.parts():
        X = np.concatenate([featuriser.features(part.columns), further.features(part)], axis=1)
        day = part.columns.time // DAY_S - epoch
        family = np.where(part.label == FRAUD, np.where(part.family >= 0, part.family + 1, -1), 0)
        labelled = (part.label == FRAUD) | (part.label == GENUINE)
        card = part.card if reader.has_cards else part.id
        for k, sample in enumerate(samples):
            at = labelled & (day >= bounds[k]) & (day < bounds[k + 1])
            if at.any():
                c = part.columns
                sample.add(family[at] != 0, X[at], family[at], card[at], c.time[at], c.amount[at])
        progress("replaying", part.first + len(part) - 1, found.rows)
    names = ("training", "delay", "test")
    for name, sample in zip(names, samples, strict=True):
        if not sample.columns():
            raise UnfitFile(f"no labelled rows in the days of {name}")
    return (*featuriser.layout.names, *further.names), tuple(_Period(*s.columns()) for s in samples)


def _delay(window: ScoredWindow, seed: int) -> dict[str, Any] | None:
    at = window.fraud
    return detection_delay(window.amount[at], window.score[at] > window.threshold, window.card[at], seed=seed)


def _number(reader: RowReader, pattern: str) -> int:
    if pattern not in reader.families:
        raise UnfitFile(f"no fraud of a pattern {pattern!r}; there are {', '.join(sorted(reader.families))}")
    return reader.families.index(pattern) + 1


def _train(
    reader: RowReader,
    names: tuple[str, ...],
    rows: _Period,
    settings: LeaveOutSettings,
    seed: int,
    progress: Progress,
) -> Artifacts:
    labelled = Labelled(rows.X, rows.family, rows.card.view(np.int64), rows.seconds)
    return train(
        labelled, names, reader.families, settings.adapters, base_steps=settings.base_steps,
        meta_steps=settings.meta_steps, seed=seed, held_out=(settings.pattern,), progress=progress,
    )  # fmt: skip
