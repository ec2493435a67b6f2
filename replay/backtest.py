"""Scores the last days of a file under the base alone, under other budgets, and with a draft episode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.byte_strings import ByteStrings
from features.hashing import hash_strings
from meta.adapters.registry import DEFAULT, adapter
from meta.artifacts import Artifacts
from meta.calibration import Tails
from meta.episode import KNOWN_ROWS, TooLittleTraffic, choose_rows
from meta.reservoir import FEWEST_ROWS
from meta.scored_traffic import spread_order
from meta.stack import ScoringStack
from meta.support import Support
from meta.verdict import Verdict
from replay.alerted_rows import AlertedRows
from replay.daily_rates import DayRate, daily_rates
from replay.featured import Featured
from replay.progress import Progress, ignore_progress
from replay.reading import RowReader
from replay.recent import Recent
from replay.survey import DAY_S, UnfitFile, survey
from replay.traces import traces_of
from replay.traffic import TrafficRows, joined
from replay.truth import GENUINE
from replay.what_if import Past, ScoringSetting, WhatIfComparison, compared, with_episode

_CALIBRATED_ON_DAYS = 30.0
NOW = "now"
"""Name of the present setting."""


@dataclass(frozen=True)
class Question:
    """What a backtest is asked.

    Attributes:
        days: Days at the end of the file that are scored.
        budget: Share of genuine traffic that may be alerted now, in (0, 1).
        budgets: Other budgets to compare with.
        flags: Ids of frauds that are flagged as one episode.
        adapter: Name of the adapter that makes the detector.
        seed: Equal seeds give equal figures.
        steer: Whether thresholds are steered as live; otherwise they stay as they are set before the days.
        verdict_hours: Hours until a steered replay knows the verdict on an alert.
    """

    days: float = 30.0
    budget: float = 0.001
    budgets: Sequence[float] = ()
    flags: Sequence[str] = ()
    adapter: str = DEFAULT
    seed: int = 0
    steer: bool = True
    verdict_hours: float = 4.0


@dataclass(frozen=True)
class BacktestResult:
    """What a backtest found.

    Attributes:
        changes: Each change by name, compared with what scores now.
        verdict: The gate's verdict on the episode; None where none was flagged.
        rows: Number of transactions that were scored; flagged ones are not among them.
        rates: Realised alert rate of each day, by the name of the change; `now` is the present setting.
    """

    changes: dict[str, WhatIfComparison]
    verdict: Verdict | None
    rows: int
    rates: dict[str, list[DayRate]]


def backtest(
    reader: RowReader,
    artifacts: Artifacts,
    question: Question,
    report_progress: Progress = ignore_progress,
) -> BacktestResult:
    """Score the last days of a file as they are scored now, and under each change.

    Raises:
        BadRow: a value of the file cannot be read.
        UnfitFile: a flagged id is not in the file, the base reads other features than the file gives, or too
            few rows come before the last days.
    """
    report_progress("checking", 0, reader.table.rows() or 0)
    found = survey(reader, labelled=False)
    rows = _Rows.read(
        reader, artifacts, question, found.last - question.days * DAY_S, found.rows, report_progress
    )
    base = artifacts.base
    before = rows.before.where(~rows.before.fraud & ~np.isin(rows.before.row, rows.flagged.row))
    before = before.where(spread_order(len(before)))
    recent = before.X
    scored = base.score(recent)
    now = ScoringSetting(ScoringStack(base, Tails.fit(scored)), 0.0).at_budget(recent, question.budget)
    last = rows.last.where(~np.isin(rows.last.row, rows.flagged.row))
    alerted = AlertedRows(before, last, rows.per_day, question)
    found_alerts = {NOW: alerted.under(now, question.budget)}
    for budget in question.budgets:
        found_alerts[f"budget {budget:.3%}"] = alerted.under(now.at_budget(recent, budget), budget)
    verdict = None
    if len(rows.flagged):
        traces = traces_of(before, rows.flagged, rows.flagged.row)
        try:
            then, verdict = with_episode(
                now, adapter(question.adapter, artifacts), Support(rows.flagged.X), recent,
                {"past fraud": artifacts.past[:KNOWN_ROWS]}, budget=question.budget, seed=question.seed,
                rows=choose_rows(before.seconds, traces),
            )  # fmt: skip
        except TooLittleTraffic as lack:
            raise UnfitFile(f"{reader.table.path}: {lack}") from None
        name = f"{len(rows.flagged)} flags, {question.adapter}"
        found_alerts[name] = alerted.under(then, question.budget)
    return _result(_past(last), found_alerts, verdict)


def _result(past: Past, alerts: dict[str, NDArray[np.bool_]], verdict: Verdict | None) -> BacktestResult:
    present, genuine = alerts[NOW], past.truth == GENUINE
    rates = {name: daily_rates(past.seconds, genuine, made) for name, made in alerts.items()}
    changes = {name: compared(past, present, made) for name, made in alerts.items() if name != NOW}
    unchanged = {"as it is": compared(past, present, present)}
    return BacktestResult(changes or unchanged, verdict, len(past), rates)


@dataclass(frozen=True)
class _Rows:
    """Rows of the last days, a sample of earlier rows, and the flagged rows of the whole file."""

    last: TrafficRows
    before: TrafficRows
    flagged: TrafficRows
    per_day: float | None

    @classmethod
    def read(
        cls,
        reader: RowReader,
        artifacts: Artifacts,
        question: Question,
        since: float,
        rows: int,
        report_progress: Progress,
    ) -> _Rows:
        featured = Featured(reader, 0.0)
        _check(artifacts, featured, reader)
        wanted = hash_strings(ByteStrings.from_list([flag.encode() for flag in question.flags]))
        before, last, flagged = Recent(question.seed, days=_CALIBRATED_ON_DAYS), [], []
        for part in reader.parts():
            traffic = featured.live_traffic(part)
            late = traffic.seconds > since
            if not late.all():
                before.add(traffic.where(~late))
            last.append(traffic.where(late))
            flagged.append(traffic.where(np.isin(part.id, wanted)))
            report_progress("replaying", part.first + len(part) - 1, rows)
        calibrated = before.rows() if len(before) else None
        if calibrated is None or len(calibrated) < FEWEST_ROWS:
            raise UnfitFile(
                f"{reader.table.path}: {0 if calibrated is None else len(calibrated)} rows before the last "
                f"{question.days:g} days, {FEWEST_ROWS:,} are needed to calibrate on"
            )
        found, wanted_ids = joined(flagged), len(set(question.flags))
        if len(found) < wanted_ids:
            raise UnfitFile(f"{reader.table.path}: {len(found)} of {wanted_ids} flagged ids are there")
        return cls(joined(last), calibrated, found, before.per_day)


def _past(rows: TrafficRows) -> Past:
    return Past(rows.X, rows.seconds, rows.amount, rows.label)


def _check(artifacts: Artifacts, featured: Featured, reader: RowReader) -> None:
    """Raise UnfitFile unless the base reads the features that the file gives."""
    reads, gives = artifacts.base.features, featured.names[: featured.live]
    if reads != gives:
        missing, more = sorted(set(reads) - set(gives)), sorted(set(gives) - set(reads))
        raise UnfitFile(
            f"{reader.table.path}: the base was trained on other features: it needs {missing or 'none'} more "
            f"and does not know {more or 'none'}; `flagfive train` makes one that fits"
        )
