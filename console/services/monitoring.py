"""Detection, traffic and workers at a glance."""

from __future__ import annotations

from dataclasses import dataclass

from console.desk import Desk
from console.policy import terms_of
from storage import UnitOfWork
from storage.alert_queue import ASSIGNED, UNASSIGNED, AlertFilter, Tally

RECENT = 50_000
"""Transactions of each partition that the alert rate is told over."""
SERIES_S = 3 * 86_400.0


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
class WorkerRow:
    """A worker, the partitions that it scores, and the control offset it has in force there."""

    name: str
    partitions: list[int]
    control_offset: int
    seen_at: float


@dataclass(frozen=True)
class PartitionRow:
    """A partition: offset stored last, and how many transactions behind it are not stored yet."""

    partition: int
    stored: int | None
    lag: int | None


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
    workers: list[WorkerRow]
    partitions: list[PartitionRow]
    grafana: str


def monitoring(desk: Desk) -> Monitoring:
    """All of it, from what is stored and what workers say."""
    now = desk.clock()
    with desk.unit(reads_only=True) as unit:
        ranges = unit.transactions.offset_ranges()
        of_all = _together(unit)
        waiting = AlertFilter(states=(UNASSIGNED, ASSIGNED))
        return Monitoring(
            throughput=unit.transactions.rate(now=now),
            alert_rate=_alert_rate(unit, ranges),
            budget=terms_of(desk, unit).alert_rate,
            precision=of_all.precision,
            judged=of_all.confirmed + of_all.rejected,
            waiting=unit.queue.count(waiting, now=now),
            drift=[Drift(name, row.value) for name, row in sorted(unit.measurements.latest("psi").items())],
            series=_series(unit),
            workers=_workers(desk),
            partitions=_partitions(desk, ranges),
            grafana=desk.settings.console.grafana,
        )


def _together(unit: UnitOfWork) -> Tally:
    tallies = unit.queue.tallies().values()
    return Tally(
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
    hours = unit.measurements.of("traffic", since=latest - SERIES_S)
    return Series(
        [row.time for row in hours],
        [row.details["alerts"] / row.value if row.value else None for row in hours],
        [row.value / 3_600.0 for row in hours],
    )


def _workers(desk: Desk) -> list[WorkerRow]:
    by_worker: dict[str, list[tuple[int, int, float]]] = {}
    for partition, ack in desk.feedback.acks().items():
        by_worker.setdefault(ack.worker, []).append((partition, ack.offset, ack.time))
    return [
        WorkerRow(
            name,
            sorted(partition for partition, _, _ in those),
            min(offset for _, offset, _ in those),
            max(time for _, _, time in those),
        )
        for name, those in sorted(by_worker.items())
    ]


def _partitions(desk: Desk, ranges: dict[int, tuple[int, int]]) -> list[PartitionRow]:
    ends = desk.feedback.ends()
    rows = []
    for partition in sorted({*ranges, *ends}):
        stored = ranges[partition][1] if partition in ranges else None
        end = ends.get(partition)
        lag = None if end is None else max(0, end - 1 - (stored if stored is not None else -1))
        rows.append(PartitionRow(partition, stored, lag))
    return rows
