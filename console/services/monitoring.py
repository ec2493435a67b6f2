"""Detection, traffic and workers at a glance."""

from __future__ import annotations

from dataclasses import dataclass

from console.context import ConsoleContext
from console.policy import standing_policy
from console.services.workers import PartitionRow, WorkerRow, partitions_of, workers_of
from storage import UnitOfWork
from storage.alert_queue import ASSIGNED, UNASSIGNED, AlertCounts, AlertFilter
from storage.measurements import Measurement

RECENT = 50_000
"""Transactions of each partition that the alert rate is told over."""
SERIES_S = 3 * 86_400.0
QUALITY_S = 28 * 86_400.0
QUALITY = ("recall", "estimated_recall", "average_precision", "card_precision")
OPEN_ALARM = 1.0


@dataclass(frozen=True)
class Drift:
    """How far a feature has moved from the training data; below 0.1 stable, above 0.25 major."""

    feature: str
    psi: float


@dataclass(frozen=True)
class Series:
    """By the hour of event time: times (s since 1970), share alerted, transactions a second."""

    times: list[float]
    alert_rate: list[float | None]
    throughput: list[float]


@dataclass(frozen=True)
class QualityDay:
    """A whole day of event time, as far as labels tell by now; its measures are shares of one or null.

    `time` is its beginning. `labels_missing` is the estimated share of its frauds that nobody has reported.
    """

    time: float
    recall: float | None
    estimated_recall: float | None
    average_precision: float | None
    card_precision: float | None
    frauds: int
    labels_missing: float | None


@dataclass(frozen=True)
class Alarm:
    """An alarm that is open: since when, what it names, its worst figure and what is allowed."""

    name: str
    since: float
    subjects: list[str]
    worst: float
    limit: float


@dataclass(frozen=True)
class Monitoring:
    """What is null is not known: too little is stored, or `flagfive monitor` has not measured yet."""

    throughput: float
    alert_rate: float | None
    budget: float
    precision: float | None
    judged: int
    waiting: int
    drift: list[Drift]
    series: Series
    quality: list[QualityDay]
    alarms: list[Alarm]
    workers: list[WorkerRow]
    partitions: list[PartitionRow]
    lag_read_at: float | None
    """When the broker was asked last."""
    lag_problem: str
    """Why there is no newer lag; empty where there is one."""
    grafana: str


def monitoring(context: ConsoleContext) -> Monitoring:
    """All of it, from what is stored and what workers say."""
    now, lag = context.clock(), context.lag.now()
    with context.unit(reads_only=True) as unit:
        ranges = unit.transactions.offset_ranges()
        of_all = _together(unit)
        waiting = AlertFilter(states=(UNASSIGNED, ASSIGNED))
        return Monitoring(
            throughput=unit.transactions.recent_rate(now=now),
            alert_rate=_alert_rate(unit, ranges),
            budget=standing_policy(context, unit).alert_rate,
            precision=of_all.precision,
            judged=of_all.confirmed + of_all.rejected,
            waiting=unit.queue.count(waiting, now=now),
            drift=[Drift(name, row.value) for name, row in sorted(unit.measurements.latest("psi").items())],
            series=_series(unit),
            quality=_quality(unit),
            alarms=_alarms(unit),
            workers=workers_of(context),
            partitions=partitions_of(context, ranges, lag),
            lag_read_at=lag.read_at,
            lag_problem=lag.problem,
            grafana=context.settings.console.grafana,
        )


def _together(unit: UnitOfWork) -> AlertCounts:
    tallies = unit.queue.counts_by_scorer().values()
    return AlertCounts(
        sum(one.alerts for one in tallies),
        sum(one.confirmed for one in tallies),
        sum(one.rejected for one in tallies),
        sum(one.money_held for one in tallies),
    )


def _alert_rate(unit: UnitOfWork, ranges: dict[int, tuple[int, int]]) -> float | None:
    """Share alerted among the latest of each partition, counted by offset: no table is read through."""
    seen = alerted = 0
    for partition, (low, high) in ranges.items():
        first = max(low, high - RECENT + 1)
        seen += high - first + 1
        alerted += unit.queue.count_from(partition, first)
    return alerted / seen if seen else None


def _series(unit: UnitOfWork) -> Series:
    latest = unit.transactions.newest_event_time() or 0.0
    hours = unit.measurements.of_kind("traffic", since=latest - SERIES_S)
    return Series(
        [row.time for row in hours],
        [row.details["alerts"] / row.value if row.value else None for row in hours],
        [row.value / 3_600.0 for row in hours],
    )


def _quality(unit: UnitOfWork) -> list[QualityDay]:
    """The last four weeks that were measured, oldest day first."""
    measured = {kind: {row.time: row for row in unit.measurements.of_kind(kind)} for kind in QUALITY}
    days = sorted({time for rows in measured.values() for time in rows})
    return [_quality_day(time, measured) for time in days if time > days[-1] - QUALITY_S]


def _quality_day(time: float, measured: dict[str, dict[float, Measurement]]) -> QualityDay:
    found = {kind: rows[time] for kind, rows in measured.items() if time in rows}
    about = next(iter(found.values())).details  # of one day all tell the same
    measures = {kind: found[kind].value if kind in found else None for kind in QUALITY}
    return QualityDay(time, frauds=about["frauds"], labels_missing=about["labels_missing"], **measures)


def _alarms(unit: UnitOfWork) -> list[Alarm]:
    latest = unit.measurements.latest("alarm")
    return [
        Alarm(name, row.time, row.details["subjects"], row.details["worst"], row.details["limit"])
        for name, row in sorted(latest.items())
        if row.value == OPEN_ALARM
    ]
