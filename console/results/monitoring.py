"""Results about detection, traffic and workers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DriftRow:
    """How far a feature has moved from the training data; below 0.1 stable, above 0.25 major."""

    feature: str
    psi: float


@dataclass(frozen=True)
class TrafficSeries:
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
class OpenAlarm:
    """An alarm that is open: since when, what it names, its worst figure and what is allowed."""

    name: str
    since: float
    subjects: list[str]
    worst: float
    limit: float


@dataclass(frozen=True)
class WorkerRow:
    """A worker, the partitions that it scores, and the control offset it has in force there."""

    name: str
    partitions: list[int]
    control_offset: int
    seen_at: float


@dataclass(frozen=True)
class PartitionRow:
    """A partition of `transactions`: where it ends, how far scorers have committed, what is stored.

    `lag` counts records that are there and not scored; null where the broker has not said, or nothing was
    ever committed. `worker` is who acknowledged for it last, `stored` the offset stored last.
    """

    partition: int
    worker: str | None
    end: int | None
    committed: int | None
    lag: int | None
    stored: int | None


@dataclass(frozen=True)
class MonitoringSummary:
    """What is null is not known: too little is stored, or `flagfive monitor` has not measured yet."""

    throughput: float
    alert_rate: float | None
    budget: float
    precision: float | None
    judged: int
    waiting: int
    drift: list[DriftRow]
    series: TrafficSeries
    quality: list[QualityDay]
    alarms: list[OpenAlarm]
    workers: list[WorkerRow]
    partitions: list[PartitionRow]
    lag_read_at: float | None
    """When the broker was asked last."""
    lag_problem: str
    """Why there is no newer lag; empty where there is one."""
    grafana: str
