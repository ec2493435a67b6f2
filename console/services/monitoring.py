"""Figures of monitoring."""

from __future__ import annotations

from console.context import ConsoleContext
from console.policy import standing_policy
from console.results.monitoring import (
    ChangeEvidenceSummary,
    DriftRow,
    EvidenceRow,
    MonitoringSummary,
    OpenAlarm,
    QualityDay,
    TrafficSeries,
)
from console.services.business import business_summary
from console.services.learning import learning_now
from console.services.workers import partitions_of, workers_of
from storage import UnitOfWork
from storage.alert_queue import ASSIGNED, UNASSIGNED, AlertCounts, AlertFilter
from storage.measurements import Measurement

RECENT = 50_000
"""Latest transactions of each partition that the alert rate is computed from."""
SERIES_S = 3 * 86_400.0
QUALITY_S = 28 * 86_400.0
WITHOUT_LABELS = ("recall_without_labels", "precision_without_labels")
QUALITY = ("recall", "estimated_recall", "average_precision", "card_precision", *WITHOUT_LABELS)
OPEN_ALARM = 1.0
SUBJECTS = 8
"""Features shown with their evidence of change."""


def monitoring(context: ConsoleContext) -> MonitoringSummary:
    """Return all figures, from storage, acknowledgements and the broker."""
    now, lag = context.clock(), context.lag.now()
    with context.unit(reads_only=True) as unit:
        ranges = unit.transactions.offset_ranges()
        of_all = _together(unit)
        waiting = AlertFilter(states=(UNASSIGNED, ASSIGNED))
        return MonitoringSummary(
            learning=learning_now(context, unit),
            throughput=unit.transactions.recent_rate(now=now),
            alert_rate=_alert_rate(unit, ranges),
            budget=standing_policy(context, unit).alert_rate,
            precision=of_all.precision,
            judged=of_all.confirmed + of_all.rejected,
            waiting=unit.queue.count(waiting, now=now),
            drift=[
                DriftRow(name, row.value, row.details.get("watched", True))
                for name, row in sorted(unit.measurements.latest("psi").items())
            ],
            evidence=_evidence(unit),
            business=business_summary(unit, 30),
            quarter=business_summary(unit, 90),
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
    """Share alerted among the latest transactions, counted by offset to avoid a table scan."""
    seen = alerted = 0
    for partition, (low, high) in ranges.items():
        first = max(low, high - RECENT + 1)
        seen += high - first + 1
        alerted += unit.queue.count_from(partition, first)
    return alerted / seen if seen else None


def _evidence(unit: UnitOfWork) -> ChangeEvidenceSummary | None:
    newest = unit.measurements.latest("evidence").get("")
    if newest is None:
        return None
    highest = sorted(newest.details["subjects"].items(), key=lambda one: -one[1])[:SUBJECTS]
    rows = [EvidenceRow(name, value) for name, value in highest]
    return ChangeEvidenceSummary(newest.value, newest.details["needed"], rows)


def _series(unit: UnitOfWork) -> TrafficSeries:
    latest = unit.transactions.newest_event_time() or 0.0
    hours = unit.measurements.of_kind("traffic", since=latest - SERIES_S)
    return TrafficSeries(
        [row.time for row in hours],
        [row.details["alerts"] / row.value if row.value else None for row in hours],
        [row.value / 3_600.0 for row in hours],
    )


def _quality(unit: UnitOfWork) -> list[QualityDay]:
    """The last four measured weeks, oldest day first."""
    measured = {kind: {row.time: row for row in unit.measurements.of_kind(kind)} for kind in QUALITY}
    days = sorted({time for rows in measured.values() for time in rows})
    return [_quality_day(time, measured) for time in days if time > days[-1] - QUALITY_S]


def _quality_day(time: float, measured: dict[str, dict[float, Measurement]]) -> QualityDay:
    found = {kind: rows[time] for kind, rows in measured.items() if time in rows}
    about = next(iter(found.values())).details  # the same in all measures of a day
    measures = {kind: found[kind].value if kind in found else None for kind in QUALITY}
    frauds, missing = about.get("frauds", 0), about.get("labels_missing")
    return QualityDay(time, frauds=frauds, labels_missing=missing, **measures)


def _alarms(unit: UnitOfWork) -> list[OpenAlarm]:
    latest = unit.measurements.latest("alarm")
    return [
        OpenAlarm(name, row.time, row.details["subjects"], row.details["worst"], row.details["limit"])
        for name, row in sorted(latest.items())
        if row.value == OPEN_ALARM
    ]
