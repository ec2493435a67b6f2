"""Live replay: analysts examine alerts shift by shift, flag missed frauds, and labels come late.

Each contender has its own analysts, who examine the alerts of this contender. All contenders get the same
labels once they are due.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from meta.adapters.registry import DEFAULT
from meta.arrays import Doubles
from replay.daily_rates import DayRate, daily_rates
from replay.desk import Ledger, News, SimulatedDesk
from replay.drift import ReplayDrift, moved
from replay.episodes import BaseWithEpisodes
from replay.featured import Featured
from replay.fold import Days, NothingToLearn
from replay.fold_files import BUDGET
from replay.live_contenders import CONTENDERS, begin
from replay.measures import ScoredWindow, measure
from replay.patterns import UNNAMED, detection
from replay.prequential import Plan
from replay.progress import Progress, Tell, ignore_progress, ignore_text
from replay.reading import RowReader
from replay.recent import Recent
from replay.result import ReplayResult
from replay.sample import Sample
from replay.shift_contender import DeskHistory, ShiftContender
from replay.shifts import shifts
from replay.survey import DAY_S, Survey, UnfitFile, survey
from replay.traffic import TrafficRows, joined

HOUR_S = 3_600.0
_MOST_GENUINE = 150_000  # rows of the training period
_FEWEST_FRAUDS, _FEWEST_GENUINE = 10, 1_000


@dataclass(frozen=True)
class LiveSettings:
    """How the analysts of a live replay work.

    Attributes:
        alerts_a_day: Alerts that are examined in 24 hours at most.
        flags_a_day: Frauds that are flagged in 24 hours at most.
        shift_hours: Hours between two looks at the alerts.
        delay_hours: Hours until a label is known.
        budget: Share of genuine traffic that may be alerted, in (0, 1).
        adapters: Names of the adapters that make detectors of the flags.
        contenders: Names of what is compared.
        held_out: Patterns that training does not see.
        base_steps: Training steps of the base.
        meta_steps: Steps of meta-training.
        steer: Whether thresholds of the base are steered as live; otherwise they stay until the shift ends.
    """

    alerts_a_day: int = 50
    flags_a_day: int = 5
    shift_hours: float = 24.0
    delay_hours: float = 7 * 24.0
    budget: float = BUDGET
    adapters: tuple[str, ...] = (DEFAULT,)
    contenders: tuple[str, ...] = CONTENDERS
    held_out: tuple[str, ...] = ()
    base_steps: int = 3_000
    meta_steps: int = 1_500
    steer: bool = True

    @property
    def desk(self) -> SimulatedDesk:
        """The work of one shift; at least one alert and one flag where any are allowed in a day."""
        part = self.shift_hours / 24.0
        return SimulatedDesk(math.ceil(self.alerts_a_day * part), math.ceil(self.flags_a_day * part))


def live(
    reader: RowReader,
    plan: Plan,
    settings: LiveSettings,
    report_progress: Progress = ignore_progress,
    tell: Tell = ignore_text,
) -> ReplayResult:
    """Replay a file shift by shift.

    Args:
        reader: Reads the file.
        plan: Its training days, start and seed count; the test is as long as all folds.
        settings: How the analysts work.
        report_progress: Takes the progress.
        tell: Takes what is found, as soon as it is.

    Raises:
        BadRow: a value of the file cannot be read.
        UnfitFile: the file is too short.
        NothingToLearn: the training period holds too few rows.
        Unmeasurable: the test lacks fraud or genuine rows.
    """
    report_progress("checking", 0, reader.table.rows() or 0)
    found = survey(reader)
    tell(found.in_words())
    run = _Run(reader, plan, settings, found, report_progress)
    begun = time.perf_counter()
    run.go()
    passed = time.perf_counter() - begun - run.train_seconds
    windows = {name: run.window(name) for name in run.shown}
    report_progress("measuring", found.rows, found.rows)
    figures = {name: measure([window], seed=plan.seed) for name, window in windows.items()}
    tested, margins = joined(run.tested), {n: np.concatenate(m) for n, m in run.margins.items()}
    details = {
        "patterns": detection(tested, margins, reader.families, seed=plan.seed),
        "episodes": {name: _told(policy, reader.families) for name, policy in run.policies.items()},
        "budget": settings.budget,
        "drift": moved(run.featured.names, [run.drift]),
        "rates": {name: [asdict(day) for day in days] for name, days in run.rates().items()},
    }
    return ReplayResult(
        figures, {n: [w] for n, w in windows.items()}, found, passed, run.train_seconds, details
    )


@dataclass
class _Run:
    """One pass over the file."""

    reader: RowReader
    plan: Plan
    settings: LiveSettings
    found: Survey
    report_progress: Progress
    policies: Mapping[str, ShiftContender] = field(default_factory=dict)
    tested: list[TrafficRows] = field(default_factory=list)
    margins: dict[str, list[Doubles]] = field(default_factory=dict)
    steered: dict[str, list[Doubles]] = field(default_factory=dict)
    train_seconds: float = 0.0

    def __post_init__(self) -> None:
        s = self.settings
        self.days = _days(self.plan, s, self.found)
        self.epoch = float(np.floor(self.found.first / DAY_S) * DAY_S)
        self.featured = Featured(self.reader, s.delay_hours * HOUR_S)
        self.ledger, self.recent = Ledger(s.delay_hours * HOUR_S), Recent(self.plan.seed)
        self.training = Sample(_MOST_GENUINE, self.plan.seed)

    @property
    def shown(self) -> list[str]:
        """Names of the contenders in the order of the settings."""
        return list(self.margins)

    def go(self) -> None:
        """Take all shifts in turn."""
        length, rows = self.settings.shift_hours * HOUR_S, self.found.rows
        for number, shift in shifts(
            self.reader, self.featured, self.epoch, length, rows, self.report_progress
        ):
            begins, ends = number * length / DAY_S, (number + 1) * length / DAY_S
            if begins < self.days.train or begins >= self.days.end:
                continue
            if begins < self.days.delay_from:
                self._keep(shift)
            else:
                self.ledger.add(shift)
            if begins >= self.days.test:
                self._work(shift, self.epoch + ends * DAY_S)
            else:
                self.recent.add(self._slim(shift))
        if not self.tested:
            raise UnfitFile(f"days {self.days.test} to {self.days.end}: no rows to test on")

    def window(self, name: str) -> ScoredWindow:
        """Return the scores of a contender on all tested rows whose label is known."""
        rows, steered = joined(self.tested), np.concatenate(self.steered[name])
        score = np.concatenate(self.margins[name]) + steered
        known = rows.known
        day = ((rows.seconds - self.epoch) // DAY_S).astype(np.int64)
        return ScoredWindow(
            score[known], rows.fraud[known], rows.card[known], day[known], rows.amount[known],
            steered[known],
        )  # fmt: skip

    def rates(self) -> dict[str, list[DayRate]]:
        """Return the realised alert rate of each day by name of the contender."""
        rows = joined(self.tested)
        return {
            name: daily_rates(rows.seconds, rows.known & ~rows.fraud, np.concatenate(margins) > 0)
            for name, margins in self.margins.items()
        }

    def _keep(self, shift: TrafficRows) -> None:
        held = [self.reader.families.index(n) for n in self.settings.held_out if n in self.reader.families]
        rows = shift.where(shift.known & ~np.isin(shift.family, held))
        if len(rows):
            self.training.add(rows.fraud, *rows.columns())

    def _work(self, shift: TrafficRows, now: float) -> None:
        """1. Train before the first shift.  2. Score.  3. Let analysts examine, and every contender learn."""
        if not self.policies:
            self._begin()
        scored = {name: policy.margin(shift) for name, policy in self.policies.items()}
        self.recent.add(self._slim(shift))
        self.drift.add(shift.X[~shift.fraud])
        self.tested.append(replace(shift, X=shift.X[:, :0]))
        desk, matured = self.settings.desk, self.ledger.due(now)
        for name, margin in scored.items():
            self.margins.setdefault(name, []).append(margin)
            steered = np.broadcast_to(np.float64(self.policies[name].steered), margin.shape)
            self.steered.setdefault(name, []).append(steered)
            news = News(now, shift, desk.examine(margin), desk.flag(shift, margin), matured)
            self.policies[name].learn(news)

    def _begin(self) -> None:
        begun = time.perf_counter()
        columns = self.training.columns()
        where = f"days {self.days.train} to {self.days.delay_from}"
        if not columns:
            raise NothingToLearn(f"{where}: no labelled rows to train on")
        rows = TrafficRows(*columns)
        frauds = int(rows.fraud.sum())
        if frauds < _FEWEST_FRAUDS or len(rows) - frauds < _FEWEST_GENUINE:
            raise NothingToLearn(
                f"{where}: {frauds} frauds and {len(rows) - frauds} genuine rows to train on, allowed "
                f"{_FEWEST_FRAUDS} and {_FEWEST_GENUINE} or more"
            )
        self.drift = ReplayDrift(rows.X[~rows.fraud])
        f, s = self.featured, self.settings
        history = DeskHistory(
            rows, self.recent, f.names, f.live, tuple(self.reader.families), self.plan.train_days,
            s.delay_hours / 24.0, s.budget, self.plan.seed, self.report_progress, s.steer,
        )  # fmt: skip
        self.policies = begin(s.contenders, s.adapters, history, (s.base_steps, s.meta_steps))
        self.train_seconds = time.perf_counter() - begun

    def _slim(self, shift: TrafficRows) -> TrafficRows:
        """Drop the risk columns, which calibration on recent traffic never reads."""
        return replace(shift, X=shift.X[:, : self.featured.live])


def _days(plan: Plan, settings: LiveSettings, found: Survey) -> Days:
    """Return the days of training, of waiting for labels, and of the test, which is as long as all folds."""
    delay = math.ceil(settings.delay_hours / 24.0)
    [days] = replace(plan, delay_days=delay, test_days=plan.test_days * plan.folds, folds=1).folds_in(found)
    return days


def _told(policy: ShiftContender, families: Sequence[str]) -> list[dict[str, object]]:
    if not isinstance(policy, BaseWithEpisodes):
        return []
    return [
        {
            "name": name,
            "pattern": name if name in families else UNNAMED,
            "flagged_at": episode.flagged_at,
            "live_at": episode.live_at,
            "frauds": sum(len(part) for part in episode.frauds),
            "rejected": sum(len(part) for part in episode.rejected),
            "reasons": list(episode.reasons),
        }
        for name, episode in policy.episodes.items()
    ]
